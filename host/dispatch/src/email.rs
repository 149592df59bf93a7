//! Mail: one message for each recipient, so that one who is refused stops no other; threaded by incident.
//! Touches the mail server's sockets, through [`Server`].

use crate::{
    dispatcher::Attempt,
    render::{Format, Heading},
    smtp::Server,
    text::{fingerprint, quote},
};
use bellwire_core::{Delivery, EmailReceiver, NoticeId, Secret};
use lettre::{
    Address,
    message::{Mailbox as Correspondent, MultiPart, header},
    transport::smtp::Error,
};
use serde::Serialize;
use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, UNIX_EPOCH},
};

/// A reason and a receipt name no more of those who were refused.
const REFUSED_SHOWN_MAX: usize = 5;

/// The recipients of one receiver.
pub(crate) struct Mailbox {
    email: EmailReceiver,
    server: Arc<Server>,
    served: Arc<Served>,
}

/// Who has had a notice that is still being tried, so that another attempt does not send it to them again. After a
/// crash they may get it twice.
#[derive(Default)]
pub(crate) struct Served(Mutex<VecDeque<(NoticeId, BTreeSet<String>)>>);

/// What is known of a notice that some had and some did not.
#[derive(Serialize)]
struct Receipt {
    message_id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refused: Vec<String>,
}

/// What became of one recipient's message.
enum Sent {
    Accepted,
    Refused(String),
    Later(String),
}

impl Mailbox {
    pub fn new(email: &EmailReceiver, server: Arc<Server>, served: Arc<Served>) -> Result<Self, String> {
        correspondent(&email.from).map_err(|reason| format!("its `from` is {reason}"))?;
        Ok(Self { email: email.clone(), server, served })
    }

    pub fn server(&self) -> &Arc<Server> {
        &self.server
    }

    pub async fn send(&self, attempt: &Attempt<'_>) -> Delivery {
        let letter = Letter::new(attempt, &self.email);
        let notice = &attempt.message.notice;
        let (mut accepted, mut refused, mut later) = (0_usize, Vec::new(), Vec::new());
        let recipients: BTreeSet<&String> = self.email.to.iter().collect();
        for recipient in recipients {
            if self.served.has(notice, recipient) {
                accepted += 1;
                continue;
            }
            match self.send_to(recipient, &letter).await {
                Sent::Accepted => {
                    self.served.add(notice, recipient);
                    accepted += 1;
                }
                Sent::Refused(reason) => refused.push(format!("{}: {reason}", quote(recipient, &[]))),
                Sent::Later(reason) => later.push(format!("{}: {reason}", quote(recipient, &[]))),
            }
        }
        if !later.is_empty() {
            return Delivery::Retry { after: None, reason: shorten(later).join("; ") };
        }
        self.served.forget(notice);
        match accepted {
            0 if refused.is_empty() => Delivery::Permanent { reason: "it has no recipients".to_owned() },
            0 => Delivery::Permanent { reason: shorten(refused).join("; ") },
            _ => Delivery::Delivered {
                receipt: serde_json::to_string(&Receipt { message_id: letter.id, refused: shorten(refused) }).ok(),
            },
        }
    }

    async fn send_to(&self, recipient: &str, letter: &Letter) -> Sent {
        let message = match letter.to(recipient, &self.email.from) {
            Ok(message) => message,
            Err(reason) => return Sent::Refused(reason),
        };
        match self.server.send(message.envelope(), &message.formatted()).await {
            Ok(()) => Sent::Accepted,
            Err(error) => self.classify(&error),
        }
    }

    /// A 5xx is final, as is a server without the encryption or the authentication that is asked for; the rest may pass.
    fn classify(&self, error: &Error) -> Sent {
        let password = self.email.credentials.as_ref().map_or("", |(_, password)| Secret::expose(password));
        let reason = quote(&error.to_string(), &[password]);
        if error.is_permanent() || error.is_client() { Sent::Refused(reason) } else { Sent::Later(reason) }
    }
}

/// What is the same for every recipient.
struct Letter {
    /// The same in every attempt.
    id: String,
    /// Of the incident: no message has it, but all refer to it, so that mail readers show them as one thread.
    root: String,
    subject: String,
    text: String,
    html: String,
    date: Duration,
}

impl Letter {
    fn new(attempt: &Attempt<'_>, email: &EmailReceiver) -> Self {
        let host = email.from.rsplit_once('@').map_or("bellwire.invalid", |(_, host)| host.trim_end_matches('>'));
        let title = attempt.renderer.title(attempt.view, attempt.receiver, Heading::Title);
        let hash = |text: &str| fingerprint(text)[..32].to_owned();
        Self {
            id: format!("<{}@{host}>", hash(&attempt.message.notice.0)),
            root: format!("<incident-{}@{host}>", hash(&attempt.view.incident.id)),
            subject: attempt.renderer.title(attempt.view, attempt.receiver, Heading::Subject),
            text: attempt.renderer.body(attempt.view, attempt.receiver, &title, Format::Text),
            html: attempt.renderer.body(attempt.view, attempt.receiver, &title, Format::Html),
            date: Duration::from_millis(attempt.now.as_millis()),
        }
    }

    fn to(&self, recipient: &str, from: &str) -> Result<lettre::Message, String> {
        lettre::Message::builder()
            .from(correspondent(from)?)
            .to(correspondent(recipient)?)
            .subject(self.subject.clone())
            .message_id(Some(self.id.clone()))
            .in_reply_to(self.root.clone())
            .references(self.root.clone())
            .date(UNIX_EPOCH + self.date)
            .raw_header(header::HeaderValue::new(
                header::HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .multipart(MultiPart::alternative_plain_html(self.text.clone(), self.html.clone()))
            .map_err(|error| format!("the message cannot be built: {error}"))
    }
}

fn correspondent(address: &str) -> Result<Correspondent, String> {
    address
        .parse::<Correspondent>()
        .or_else(|_| address.parse::<Address>().map(|address| Correspondent::new(None, address)))
        .map_err(|error| format!("not an address: {error}"))
}

fn shorten(mut reasons: Vec<String>) -> Vec<String> {
    let others = reasons.len().saturating_sub(REFUSED_SHOWN_MAX);
    reasons.truncate(REFUSED_SHOWN_MAX);
    if others > 0 {
        reasons.push(format!("and {others} more"));
    }
    reasons
}

impl Served {
    /// The oldest are forgotten first.
    const NOTICES_MAX: usize = 10_000;

    fn has(&self, notice: &NoticeId, recipient: &str) -> bool {
        let served = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        served.iter().any(|(id, recipients)| id == notice && recipients.contains(recipient))
    }

    fn add(&self, notice: &NoticeId, recipient: &str) {
        let mut served = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match served.iter_mut().find(|(id, _)| id == notice) {
            Some((_, recipients)) => drop(recipients.insert(recipient.to_owned())),
            None => served.push_back((notice.clone(), BTreeSet::from([recipient.to_owned()]))),
        }
        if served.len() > Self::NOTICES_MAX {
            served.pop_front();
        }
    }

    fn forget(&self, notice: &NoticeId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|(id, _)| id != notice);
    }
}
