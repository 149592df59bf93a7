//! Mail: one message for each recipient, so that one who is refused stops no other; threaded by incident.
//! Touches the mail server's sockets, through [`Server`].

use crate::{
    dispatcher::{Attempt, Wire},
    render::{Format, Heading},
    report::Letter,
    smtp::Server,
    text::{clip, fingerprint, link, quote},
    view::{Links, View},
};
use bellwire_core::{Delivery, EmailReceiver, NoticeId, Secret};
use lettre::{
    Address,
    message::{Mailbox as Correspondent, MultiPart, header},
    transport::smtp::Error,
};
use serde::Serialize;
use std::{
    borrow::Cow,
    collections::{BTreeSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, UNIX_EPOCH},
};

/// A reason and a receipt name no more of those who were refused.
const REFUSED_SHOWN_MAX: usize = 5;

/// Beyond it a subject is none.
const SUBJECT_CHARS_MAX: usize = 250;

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
        let first = Mail::new(attempt, attempt.view, &self.email);
        let person = attempt.message.person.as_ref();
        let mail = |recipient: &str| {
            let who = person.map_or(recipient, |person| &person.name);
            match attempt.link_for(who) {
                None => Cow::Borrowed(&first),
                Some(act) => {
                    let links = Links { act: Some(act), ..attempt.view.links.clone() };
                    Cow::Owned(Mail::new(attempt, &View { links, ..attempt.view.clone() }, &self.email))
                }
            }
        };
        self.send_to_all(&attempt.message.notice, &first.id, mail).await
    }

    pub async fn send_report(&self, wire: Wire<'_>, receiver: &str, letter: &Letter) -> Delivery {
        let mail = Mail::of_report(wire, letter, &self.email);
        let id = NoticeId(format!("{receiver} {}", mail.id).into());
        self.send_to_all(&id, &mail.id, |_| Cow::Borrowed(&mail)).await
    }

    /// `id`: the same in every attempt, as is `message_id`, which every recipient's mail has.
    async fn send_to_all<'a>(&self, id: &NoticeId, message_id: &str, mail: impl Fn(&str) -> Cow<'a, Mail>) -> Delivery {
        let (mut accepted, mut refused, mut later) = (0_usize, Vec::new(), Vec::new());
        let recipients: BTreeSet<&String> = self.email.to.iter().collect();
        for recipient in recipients {
            if self.served.has(id, recipient) {
                accepted += 1;
                continue;
            }
            match self.send_to(recipient, &mail(recipient)).await {
                Sent::Accepted => {
                    self.served.add(id, recipient);
                    accepted += 1;
                }
                Sent::Refused(reason) => refused.push(format!("{}: {reason}", quote(recipient, &[]))),
                Sent::Later(reason) => later.push(format!("{}: {reason}", quote(recipient, &[]))),
            }
        }
        if !later.is_empty() {
            return Delivery::Retry { after: None, reason: shorten(later).join("; ") };
        }
        self.served.forget(id);
        let message_id = message_id.to_owned();
        match accepted {
            0 if refused.is_empty() => Delivery::Permanent { reason: "it has no recipients".to_owned() },
            0 => Delivery::Permanent { reason: shorten(refused).join("; ") },
            _ => Delivery::Delivered {
                receipt: serde_json::to_string(&Receipt { message_id, refused: shorten(refused) }).ok(),
            },
        }
    }

    async fn send_to(&self, recipient: &str, mail: &Mail) -> Sent {
        let message = match mail.to(recipient, &self.email.from) {
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

/// What the recipient reads, and what the mail reader goes by.
#[derive(Clone)]
struct Mail {
    /// The same in every attempt.
    id: String,
    /// Of the incident: no message has it, but all refer to it, so that mail readers show them as one thread. A message
    /// that is not of one incident has none.
    root: Option<String>,
    subject: String,
    text: String,
    html: String,
    date: Duration,
}

impl Mail {
    fn new(attempt: &Attempt<'_>, view: &View<'_>, email: &EmailReceiver) -> Self {
        let host = host(email);
        let title = attempt.renderer.title(view, attempt.receiver, Heading::Title);
        let root = format!("<incident-{}@{host}>", hash(&view.incident.id));
        Self {
            id: format!("<{}@{host}>", hash(&attempt.message.notice.0)),
            root: view.bundle.is_none().then_some(root),
            subject: attempt.renderer.title(view, attempt.receiver, Heading::Subject),
            text: attempt.renderer.body(view, attempt.receiver, &title, Format::Text),
            html: attempt.renderer.body(view, attempt.receiver, &title, Format::Html),
            date: Duration::from_millis(attempt.wire.now.as_millis()),
        }
    }

    fn of_report(wire: Wire<'_>, letter: &Letter, email: &EmailReceiver) -> Self {
        Self {
            id: format!("<report-{}@{}>", hash(&format!("{}\n{}", letter.subject, letter.text)), host(email)),
            root: None,
            subject: clip(&letter.subject, SUBJECT_CHARS_MAX),
            text: letter.text.clone(),
            html: letter.html.clone(),
            date: Duration::from_millis(wire.now.as_millis()),
        }
    }

    fn to(&self, recipient: &str, from: &str) -> Result<lettre::Message, String> {
        let mut message = lettre::Message::builder();
        if let Some(root) = &self.root {
            message = message.in_reply_to(root.clone()).references(root.clone());
        }
        message
            .from(correspondent(from)?)
            .to(correspondent(recipient)?)
            .subject(self.subject.clone())
            .message_id(Some(self.id.clone()))
            .date(UNIX_EPOCH + self.date)
            .raw_header(header::HeaderValue::new(
                header::HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .multipart(MultiPart::alternative_plain_html(self.text.clone(), self.html.clone()))
            .map_err(|error| format!("the message cannot be built: {error}"))
    }
}

impl Attempt<'_> {
    /// Where this reader can act: not on what only tells what somebody did, not on many at once.
    fn link_for(&self, who: &str) -> Option<String> {
        let is_asked = !self.message.kind.is_update() && self.view.is_actionable();
        let make = self.links.filter(|_| is_asked)?;
        make(&self.message.incident.id, who, self.wire.now).and_then(|url| link(&url))
    }
}

/// What comes after the `@` of a message's id.
fn host(email: &EmailReceiver) -> &str {
    email.from.rsplit_once('@').map_or("bellwire.invalid", |(_, host)| host.trim_end_matches('>'))
}

fn hash(text: &str) -> String {
    fingerprint(text)[..32].to_owned()
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
