//! Write Bellwire sources in Rust: implement [`Source`], say [`export_source!`](crate::export_source), compile to Wasm.
//!
//! A source turns a sender's webhook into alerts. It is a pure function of its settings and the webhook: bytes in, alerts
//! out. An alert is the same one, from one webhook to the next, if it has the same labels: so what changes while an alert
//! fires (values, links, texts) belongs into its annotations.
//!
//! ```
//! use bellwire_policy::source::prelude::*;
//!
//! struct Heartbeat;
//!
//! #[derive(serde::Deserialize)]
//! struct Settings { alertname: String }
//!
//! #[derive(serde::Deserialize)]
//! struct Body { service: String, down: bool }
//!
//! impl Source for Heartbeat {
//!     type Settings = Settings;
//!     fn describe() -> Description { Description::new("heartbeat", "0.1.0", "One service, up or down.") }
//!     fn check(_: &Settings) -> Result<SourceWants, Vec<Problem>> { Ok(SourceWants::none()) }
//!     fn convert(settings: &Settings, webhook: &Webhook) -> Result<Vec<Incoming>, SourceError> {
//!         let body: Body = webhook.json()?;
//!         let alert = Incoming::new().label("alertname", &settings.alertname).label("service", body.service);
//!         Ok(vec![if body.down { alert } else { alert.ended_at(webhook.now) }])
//!     }
//! }
//!
//! bellwire_policy::export_source!(Heartbeat);
//! ```

mod time;

pub use bindings::exports::bellwire::policy::converter::{Incoming, SourceError, SourceWants, Webhook};
pub use time::rfc3339;

use crate::{Description, Instant, Pair, Problem, settings::check_shape};
use serde::de::DeserializeOwned;

/// All that a source usually needs.
pub mod prelude {
    pub use super::{Incoming, Source, SourceError, SourceWants, Webhook, label_name, label_problems, rfc3339};
    pub use crate::{Description, Instant, Problem, Span, log};
}

#[doc(hidden)]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../wit",
        world: "source",
        with: {
            "bellwire:policy/types@0.1.1": crate::bindings::bellwire::policy::types,
            "bellwire:policy/log@0.1.1": crate::bindings::bellwire::policy::log,
        },
        pub_export_macro: true,
        export_macro_name: "export_component",
        default_bindings_module: "bellwire_policy::source::bindings",
        additional_derives: [PartialEq, Eq],
    });
}

/// What the author writes; [`export_source!`](crate::export_source) makes a plugin of it.
pub trait Source {
    /// The author's own settings, as the host's configuration gives them; put `#[serde(deny_unknown_fields)]` on each
    /// struct.
    type Settings: DeserializeOwned;

    fn describe() -> Description;

    /// Called when the configuration is loaded, with settings that have the right shape: every remaining problem at
    /// once, or the headers that the host shall hand over.
    fn check(settings: &Self::Settings) -> Result<SourceWants, Vec<Problem>>;

    /// Pure: the same settings and webhook give the same alerts. None at all is an answer, too, such as to a test.
    fn convert(settings: &Self::Settings, webhook: &Webhook) -> Result<Vec<Incoming>, SourceError>;
}

/// What the exported `check` does: the shape of the settings first, every problem of it; then the source's own `check`.
pub fn check_settings<S: Source>(json: &str) -> Result<SourceWants, Vec<Problem>> {
    check_shape(json, S::check)
}

impl Webhook {
    /// The body as JSON; what is wrong with it is said to the sender.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, SourceError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let sent_as = match self.content_type.as_str() {
                json if json.is_empty() || json.ends_with("json") => String::new(),
                other => format!(", sent as {other}"),
            };
            SourceError::Malformed(format!("the body{sent_as}: {error}"))
        })
    }

    /// The first of this name in the address that the webhook was sent to.
    pub fn query(&self, name: &str) -> Option<&str> {
        crate::facts::value(&self.query, name)
    }

    /// `name` in lower case. None if `check` did not ask for it.
    pub fn header(&self, name: &str) -> Option<&str> {
        crate::facts::value(&self.headers, name)
    }
}

impl Incoming {
    /// An alert that fires since now, until the source says that it ended.
    #[expect(clippy::new_without_default, reason = "an alert without labels is none")]
    pub fn new() -> Self {
        Self {
            labels: Vec::new(),
            annotations: Vec::new(),
            starts_at: None,
            ends_at: None,
            generator_url: String::new(),
            ext: Vec::new(),
        }
    }

    /// One that has the name already is replaced; one without a value is none.
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        put(&mut self.labels, name.into(), value.into());
        self
    }

    /// One that has the name already is replaced; one without a value is none.
    pub fn annotation(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        put(&mut self.annotations, name.into(), value.into());
        self
    }

    pub fn started_at(mut self, instant: Instant) -> Self {
        self.starts_at = Some(instant);
        self
    }

    /// It is over.
    pub fn ended_at(mut self, instant: Instant) -> Self {
        self.ends_at = Some(instant);
        self
    }

    /// Where its rule can be looked at.
    pub fn generator(mut self, url: impl Into<String>) -> Self {
        self.generator_url = url.into();
        self
    }
}

fn put(pairs: &mut Vec<Pair>, name: String, value: String) {
    pairs.retain(|pair| pair.name != name);
    if !value.is_empty() {
        pairs.push(Pair { name, value });
    }
}

impl SourceWants {
    pub fn none() -> Self {
        Self { headers: Vec::new(), ext: Vec::new() }
    }

    /// The webhooks shall hold this header, if the sender sent it.
    pub fn header(mut self, name: &str) -> Self {
        self.headers.push(name.to_ascii_lowercase());
        self
    }
}

/// A name as labels have it, of any text: letters, digits and `_`, and no digit first. Empty if the text is.
pub fn label_name(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    for character in text.chars() {
        let fits = character.is_ascii_alphanumeric();
        if name.is_empty() && character.is_ascii_digit() {
            name.push('_');
        }
        name.push(if fits { character } else { '_' });
    }
    name
}

/// One for each name of the settings that is no name of a label; `path` is where they are, as in `labels`.
pub fn label_problems<'a>(path: &str, names: impl IntoIterator<Item = &'a String>) -> Vec<Problem> {
    const MESSAGE: &str = "is no name of a label: it must have letters, digits and \"_\", and no digit first";
    let bad = names.into_iter().filter(|name| name.is_empty() || label_name(name) != **name);
    bad.map(|name| Problem::new(format!("{path}.{name}"), MESSAGE)).collect()
}

/// Puts a [`Source`] behind the generated interface.
#[doc(hidden)]
pub struct Exported<S>(core::marker::PhantomData<S>);

impl<S: Source> bindings::exports::bellwire::policy::converter::Guest for Exported<S> {
    fn describe() -> Description {
        S::describe()
    }

    fn check(settings: String) -> Result<SourceWants, Vec<Problem>> {
        check_settings::<S>(&settings)
    }

    fn convert(settings: String, webhook: Webhook) -> Result<Vec<Incoming>, SourceError> {
        let settings = serde_json::from_str(&settings).map_err(|error| SourceError::Settings(error.to_string()))?;
        S::convert(&settings, &webhook)
    }
}

/// Makes the component's exports of a type that implements [`Source`](crate::source::Source). Natively it only checks
/// that it does.
#[macro_export]
macro_rules! export_source {
    ($source:ty) => {
        const _: () = {
            const fn implements_source<S: $crate::source::Source>() {}
            implements_source::<$source>();
        };
        #[cfg(target_family = "wasm")]
        const _: () = {
            type Component = $crate::source::Exported<$source>;
    $crate::source::bindings::export_component!(Component with_types_in $crate::source::bindings);
        };
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_makes_a_label_name() {
        for (text, name) in [("env", "env"), ("kube.pod-name", "kube_pod_name"), ("2xx", "_2xx"), ("é", "_"), ("", "")]
        {
            assert_eq!(label_name(text), name);
        }
    }

    #[test]
    fn a_label_is_there_once_and_never_empty() {
        let alert = Incoming::new().label("a", "1").label("b", "").label("a", "2").annotation("a", "3");
        let pair = |value: &str| Pair { name: "a".into(), value: value.into() };
        assert_eq!((alert.labels, alert.annotations), (vec![pair("2")], vec![pair("3")]));
    }
}
