//! Mail servers: the real aiosmtpd with TLS and AUTH, one that never says a word, and a plain sink for machines
//! without Python. Mail is kept as it came and parsed for assertions.

mod server;
mod silent;
mod sink;

pub use server::{SmtpServer, SmtpSettings, TlsMode};
pub use silent::SilentSmtp;
pub use sink::MailSink;

use mail_parser::{MessageParser, MimeHeaders as _};

/// One message as a server took it.
#[derive(Clone, Debug, Default)]
pub struct Mail {
    pub from: String,
    /// The recipients that were accepted.
    pub to: Vec<String>,
    /// Headers and body as they crossed the wire, dots unstuffed.
    pub raw: Vec<u8>,
    pub encrypted: bool,
    pub authenticated: bool,
}

/// A message as a mail program shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    pub subject: String,
    /// In their order; values unfolded and trimmed, not decoded.
    pub headers: Vec<(String, String)>,
    /// The text part; empty when there is none.
    pub text: String,
    /// The HTML part; empty when there is none.
    pub html: String,
}

impl Parsed {
    /// The first header of this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

impl Mail {
    /// What is no message at all parses to an empty one.
    pub fn parsed(&self) -> Parsed {
        let Some(message) = MessageParser::default().parse(&self.raw) else { return Parsed::default() };
        let unfold = |value: &str| value.split_whitespace().collect::<Vec<_>>().join(" ");
        let part = |subtype: &str| {
            let is_wanted = |part: &&mail_parser::MessagePart<'_>| {
                part.content_type().and_then(|kind| kind.subtype()).unwrap_or("plain").eq_ignore_ascii_case(subtype)
            };
            let found = message.parts.iter().filter(|part| part.is_text()).find(is_wanted);
            found.and_then(|part| part.text_contents()).unwrap_or_default().to_owned()
        };
        Parsed {
            subject: message.subject().unwrap_or_default().to_owned(),
            headers: message.headers_raw().map(|(name, value)| (name.to_owned(), unfold(value))).collect(),
            text: part("plain"),
            html: part("html"),
        }
    }
}

#[cfg(test)]
mod tests;
