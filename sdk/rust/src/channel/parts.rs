//! A text that may have secrets in it: the host puts them in, and the plugin never sees one.

use super::Part;
use core::ops::Add;

/// `text("https://api.telegram.org/bot") + secret("token") + "/sendMessage"`.
///
/// Whatever is a text here stays one: no alert can ask for a secret by what it says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts(Vec<Part>);

/// A secret of the routes file, by its name there.
pub fn secret(name: impl Into<String>) -> Parts {
    Parts(vec![Part::Secret(name.into())])
}

pub fn text(text: impl Into<String>) -> Parts {
    Parts(vec![Part::Text(text.into())])
}

impl Parts {
    pub fn into_vec(self) -> Vec<Part> {
        self.0
    }
}

impl<P: Into<Parts>> Add<P> for Parts {
    type Output = Self;

    fn add(mut self, more: P) -> Self {
        self.0.extend(more.into().0);
        self
    }
}

impl From<&str> for Parts {
    fn from(from: &str) -> Self {
        text(from)
    }
}

impl From<String> for Parts {
    fn from(from: String) -> Self {
        text(from)
    }
}
