//! The plugins that speak for receivers: loaded with the configuration, and asked off the async threads.
//!
//! They do not share the policies' threads, so that a channel that takes its time takes none of theirs; and only a few are
//! asked at once, so that what is left of the processors is not theirs either.

use crate::{
    plugins::{Plugins, log},
    share::Share,
};
use bellwire_config::{Config, Diagnostic};
use bellwire_core::{ChannelMessage, ChannelResponse, PluginFault};
use bellwire_dispatch::{Asking, Channel, Channels};
use bellwire_wasm::Engine;
use std::sync::Arc;
use tokio::{sync::Semaphore, task::spawn_blocking};

/// An answer takes a millisecond, and what loops is ended within the limits of a policy.
static AT_ONCE: Semaphore = Semaphore::const_new(4);
/// Of one receiver: less than all, so that one which always loops leaves the others theirs.
const OF_ONE_MAX: usize = 2;

/// Loads the plugin of each receiver that has one and lets it look at its settings. One that cannot be run is there all the
/// same: its receiver's fallback is to hear of every message.
pub(crate) fn load(config: &mut Config, plugins: &Plugins, problems: &mut Vec<Diagnostic>) -> Channels {
    let mut world = plugins.world(Engine::load_channel);
    let mut channels = Channels::new();
    for (receiver, source) in config.channels.clone() {
        let used = (&*config, &*format!("receiver `{receiver}`"), &source.plugin);
        let channel: Arc<dyn Channel> = match world.ready(used, bellwire_wasm::Channel::check, problems) {
            Ok((plugin, wants)) => {
                problems.extend(wants.into_iter().flat_map(|wants| config.with_channel_wants(&receiver, &wants)));
                Arc::new(Sandboxed { receiver: receiver.clone(), plugin, calls: Share::new(OF_ONE_MAX, &AT_ONCE) })
            }
            Err(why) => Arc::new(Broken(why)),
        };
        channels.insert(receiver, channel);
    }
    channels
}

struct Sandboxed {
    receiver: Arc<str>,
    plugin: Arc<bellwire_wasm::Channel>,
    calls: Share,
}

impl Channel for Sandboxed {
    fn next(&self, settings: Arc<str>, message: Arc<ChannelMessage>, responses: Vec<ChannelResponse>) -> Asking<'_> {
        let (receiver, plugin) = (self.receiver.clone(), self.plugin.clone());
        Box::pin(async move {
            let turn = self.calls.turn().await;
            let answered = spawn_blocking(move || {
                let answered = plugin.next(&settings, &message, &responses);
                // Not before: whoever asked may have given up meanwhile.
                drop(turn);
                log("channel", &receiver, &answered.log);
                answered.result
            });
            let broken = || Err(PluginFault::Trap("the host panicked while it ran".into()));
            answered.await.unwrap_or_else(|_panicked| broken())
        })
    }
}

/// Why it cannot be run.
struct Broken(Arc<str>);

impl Channel for Broken {
    fn next(&self, _: Arc<str>, _: Arc<ChannelMessage>, _: Vec<ChannelResponse>) -> Asking<'_> {
        let missing = PluginFault::Missing(self.0.to_string());
        Box::pin(std::future::ready(Err(missing)))
    }
}
