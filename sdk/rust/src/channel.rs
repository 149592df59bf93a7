//! Write Bellwire channels in Rust: implement [`Channel`], say [`export_channel!`](crate::export_channel), compile to Wasm.
//!
//! A channel gives a message to a service. It sends nothing: it says which request the host shall make, is shown the
//! response, and says what became of the message. So it is a pure function of its settings, the message and the responses
//! so far; it never sees a secret, and only names those that the host shall put in.
//!
//! ```
//! use bellwire_policy::channel::prelude::*;
//! use serde_json::json;
//!
//! struct Pager;
//!
//! #[derive(serde::Deserialize)]
//! struct Settings { queue: String }
//!
//! impl Channel for Pager {
//!     type Settings = Settings;
//!     fn describe() -> Description { Description::new("pager", "0.1.0", "Posts to a queue.") }
//!     fn check(_: &Settings) -> Result<ChannelWants, Vec<Problem>> {
//!         Ok(ChannelWants::secret("token").host("pager.example.com"))
//!     }
//!     fn next(settings: &Settings, message: &Message, responses: &[Response]) -> Result<Step, ChannelError> {
//!         let Some(response) = responses.last() else {
//!             let request = Request::post("https://pager.example.com/v1/messages")
//!                 .header("authorization", text("Bearer ") + secret("token"))
//!                 .json(&json!({ "queue": settings.queue, "text": message.text, "loud": message.page }));
//!             return Ok(request.into());
//!         };
//!         Ok(Step::by_status(response))
//!     }
//! }
//!
//! bellwire_policy::export_channel!(Pager);
//! ```

mod message;
mod parts;
mod request;
mod server;
mod step;
mod words;

pub use bindings::exports::bellwire::policy::messenger::{
    ChannelError, ChannelWants, Earlier, Header, Link, Message, Part, Request, Response, Retry, Step, Subject,
};
pub use message::Standing;
pub use parts::{Parts, secret, text};
pub use server::Server;
pub use words::{clip, length, one_line};

use crate::{Description, Problem, settings::check_shape};
use serde::de::DeserializeOwned;

/// All that a channel usually needs.
pub mod prelude {
    pub use super::{
        Channel, ChannelError, ChannelWants, Message, Parts, Request, Response, Server, Standing, Step, clip, secret,
        text,
    };
    pub use crate::{Description, IncidentState, Priority, Problem, Span, log};
}

#[doc(hidden)]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../wit",
        world: "channel",
        with: {
            "bellwire:policy/types@0.1.1": crate::bindings::bellwire::policy::types,
            "bellwire:policy/log@0.1.1": crate::bindings::bellwire::policy::log,
        },
        pub_export_macro: true,
        export_macro_name: "export_component",
        default_bindings_module: "bellwire_policy::channel::bindings",
        additional_derives: [PartialEq, Eq],
    });
}

/// What the author writes; [`export_channel!`](crate::export_channel) makes a plugin of it.
pub trait Channel {
    /// The author's own settings, as the routes file gives them; put `#[serde(deny_unknown_fields)]` on each struct.
    type Settings: DeserializeOwned;

    fn describe() -> Description;

    /// Called when the configuration is loaded, with settings that have the right shape: every remaining problem at
    /// once, or the secrets and hosts that the routes file must name.
    fn check(settings: &Self::Settings) -> Result<ChannelWants, Vec<Problem>>;

    /// Pure: what to do next for this message, given the responses to the requests of this attempt so far, oldest first.
    fn next(settings: &Self::Settings, message: &Message, responses: &[Response]) -> Result<Step, ChannelError>;
}

/// What the exported `check` does: the shape of the settings first, every problem of it; then the channel's own `check`.
pub fn check_settings<C: Channel>(json: &str) -> Result<ChannelWants, Vec<Problem>> {
    check_shape(json, C::check)
}

impl ChannelWants {
    pub fn none() -> Self {
        Self { secrets: Vec::new(), hosts: Vec::new(), ext: Vec::new() }
    }

    /// The routes file must have a secret of this name.
    pub fn secret(name: impl Into<String>) -> Self {
        Self::none().and_secret(name)
    }

    pub fn and_secret(mut self, name: impl Into<String>) -> Self {
        self.secrets.push(name.into());
        self
    }

    /// The routes file must allow this host: `NAME` or `NAME:PORT`, or `http://NAME:PORT` without TLS.
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.hosts.push(host.into());
        self
    }
}

/// Puts a [`Channel`] behind the generated interface.
#[doc(hidden)]
pub struct Exported<C>(core::marker::PhantomData<C>);

impl<C: Channel> bindings::exports::bellwire::policy::messenger::Guest for Exported<C> {
    fn describe() -> Description {
        C::describe()
    }

    fn check(settings: String) -> Result<ChannelWants, Vec<Problem>> {
        check_settings::<C>(&settings)
    }

    fn next(settings: String, message: Message, responses: Vec<Response>) -> Result<Step, ChannelError> {
        let settings = serde_json::from_str(&settings).map_err(|error| ChannelError::Settings(error.to_string()))?;
        C::next(&settings, &message, &responses)
    }
}

/// Makes the component's exports of a type that implements [`Channel`](crate::channel::Channel). Natively it only checks
/// that it does.
#[macro_export]
macro_rules! export_channel {
    ($channel:ty) => {
        const _: () = {
            const fn implements_channel<C: $crate::channel::Channel>() {}
            implements_channel::<$channel>();
        };
        #[cfg(target_family = "wasm")]
        const _: () = {
            type Component = $crate::channel::Exported<$channel>;
    $crate::channel::bindings::export_component!(Component with_types_in $crate::channel::bindings);
        };
    };
}
