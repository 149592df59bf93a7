//! People: who they are, and how they are told, one contact after another.

use crate::{
    channels::{self, ChannelSource},
    file::at_most,
    keys,
    reader::{Entry, Fields, Value, at_most_entries},
    receivers,
    report::Place,
    services::Services,
};
use bellwire_core::{Contact, Person, Receiver, ReceiverKind, Span};
use email_address::EmailAddress;
use std::{collections::BTreeMap, sync::Arc};
use toml::de::DeValue;

const PEOPLE_MAX: usize = 1_000;
const CONTACTS_MAX: usize = 10;
const DISPLAY_BYTES_MAX: usize = 100;
const DAY: Span = Span::from_secs(86_400);
/// From the Slack message to the mail, of somebody who says no more than where both go.
const EMAIL_AFTER: Span = Span::from_secs(120);
const SLACK_ID_HELP: &str =
    "in Slack, open the profile, then ⋮ and \"Copy member ID\": it begins with U or W, as in U024BE7LH";

/// The people of a team, those with errors among them, so that one error makes no others.
#[derive(Default)]
pub(crate) struct People {
    pub by_name: BTreeMap<Arc<str>, Arc<Person>>,
    /// Those behind their contacts.
    pub receivers: Vec<Receiver>,
    /// Of those contacts that a plugin speaks for, by the full name of the receiver.
    pub channels: BTreeMap<Arc<str>, ChannelSource>,
    /// Of everybody's name, to say where it is.
    pub places: BTreeMap<Arc<str>, Place>,
}

pub(crate) fn read(entries: Vec<Entry<'_>>, team: &str, services: &Services) -> People {
    let mut people = People::default();
    let mut identities = BTreeMap::new();
    at_most_entries(&entries, PEOPLE_MAX, "people");
    for entry in entries {
        let Some(fields) = entry.value.fields(keys::PERSON) else { continue };
        let mut reader = Reader { team, name: &entry.name, services, receivers: Vec::new(), channels: BTreeMap::new() };
        let person = reader.person(&fields);
        for (key, identity) in [("slack", &person.slack_user), ("email", &person.email)] {
            let Some((value, identity)) = fields.get(key).zip(identity.as_ref()) else { continue };
            if let Some(other) = identities.insert(identity.to_lowercase(), entry.name.clone()) {
                let help = "what is done with it is done in one person's name: give each their own";
                value.error(format!("this `{key}` is that of `{other}` already"), help);
            }
        }
        people.receivers.append(&mut reader.receivers);
        people.channels.append(&mut reader.channels);
        people.places.insert(entry.name.clone(), entry.place);
        people.by_name.insert(entry.name, Arc::new(person));
    }
    people
}

/// Reads one person.
struct Reader<'r> {
    team: &'r str,
    name: &'r Arc<str>,
    services: &'r Services,
    receivers: Vec<Receiver>,
    channels: BTreeMap<Arc<str>, ChannelSource>,
}

impl Reader<'_> {
    fn person(&mut self, fields: &Fields<'_>) -> Person {
        let display = fields.get("name").and_then(|value| {
            let text = value.filled()?;
            if text.len() > DISPLAY_BYTES_MAX || text.chars().any(char::is_control) {
                let help = format!("at most {DISPLAY_BYTES_MAX} bytes, without control characters");
                value.error("this name is too long or cannot be printed", help);
            }
            Some(text.trim().into())
        });
        let slack = fields.get("slack").and_then(|value| Some((slack_id(&value)?, value)));
        let email = fields.get("email").and_then(|value| Some((address(&value)?, value)));
        let contacts = match fields.get("contact") {
            Some(contact) => self.contacts(&contact, slack.as_ref(), email.as_ref()),
            None => self.usual_contacts(fields, slack.as_ref(), email.as_ref()),
        };
        Person {
            name: self.name.clone(),
            display: display.unwrap_or_else(|| self.name.clone()),
            zone: fields.get("zone").and_then(|value| value.zone()).map(|zone| (zone.name, zone.zone)),
            slack_user: slack.map(|(id, _)| id.into()),
            email: email.map(|(address, _)| address.into()),
            contacts,
        }
    }

    /// Slack at once, and a mail a little later: of what there is.
    fn usual_contacts(
        &mut self,
        fields: &Fields<'_>,
        slack: Option<&(String, Value<'_>)>,
        email: Option<&(String, Value<'_>)>,
    ) -> Vec<Contact> {
        if !fields.has("slack") && !fields.has("email") {
            fields.error(
                format!("`{}` cannot be told of anything", self.name),
                "slack = \"U024BE7LH\", or email = \"ann@example.com\", or contact = [{ … }]",
            );
        }
        let by_slack = slack.and_then(|(id, value)| receivers::bot(value, id, self.services)).map(ReceiverKind::Slack);
        let by_email = email.and_then(|(address, value)| receivers::mail(value, vec![address.clone()], self.services));
        let by_slack = by_slack.map(|kind| self.contact(kind, Span::ZERO));
        let after = if by_slack.is_some() { EMAIL_AFTER } else { Span::ZERO };
        let by_email = by_email.map(|mail| self.contact(ReceiverKind::Email(mail), after));
        by_slack.into_iter().chain(by_email).collect()
    }

    fn contacts(
        &mut self,
        value: &Value<'_>,
        slack: Option<&(String, Value<'_>)>,
        email: Option<&(String, Value<'_>)>,
    ) -> Vec<Contact> {
        let items = value.list().unwrap_or_default();
        if items.is_empty() && matches!(value.value, DeValue::Array(_)) {
            value.error(format!("`contact` is empty, so `{}` cannot be told of anything", self.name), CONTACT_HELP);
        }
        if items.len() > CONTACTS_MAX {
            value.error(format!("{} contacts", items.len()), at_most(CONTACTS_MAX));
        }
        let mut contacts = Vec::new();
        for fields in items.iter().filter_map(|item| item.fields(keys::CONTACT)) {
            let after = fields.duration("after", Span::ZERO..=DAY, Span::ZERO);
            let Some((kind, channel)) = self.contact_kind(&fields, slack, email) else { continue };
            let contact = self.contact(kind, after);
            self.channels.extend(channel.map(|channel| (contact.receiver.clone(), channel)));
            contacts.push(contact);
        }
        // Of two that are due at once, the one that stands first is the first.
        contacts.sort_by_key(|contact| contact.after);
        contacts
    }

    fn contact_kind(
        &self,
        fields: &Fields<'_>,
        slack: Option<&(String, Value<'_>)>,
        email: Option<&(String, Value<'_>)>,
    ) -> Option<(ReceiverKind, Option<ChannelSource>)> {
        let kind = match receivers::only_kind(fields, "a contact", CONTACT_HELP)? {
            "slack" => {
                let value = fields.get("slack")?;
                let id = own_or(&value, slack, || slack_id(&value))?;
                receivers::bot(&value, &id, self.services).map(ReceiverKind::Slack)
            }
            "email" => {
                let value = fields.get("email")?;
                let address = own_or(&value, email, || value.email_address())?;
                receivers::mail(&value, vec![address], self.services).map(ReceiverKind::Email)
            }
            "pagerduty" => receivers::pagerduty(fields, self.services),
            "channel" => {
                let read = channels::read(fields, &self.services.plugins);
                return read.map(|(kind, channel)| (kind, Some(channel)));
            }
            _ => receivers::webhook(fields),
        };
        Some((kind?, None))
    }

    fn contact(&mut self, kind: ReceiverKind, after: Span) -> Contact {
        let stem = format!("{}/{}:{}", self.team, self.name, kind.name());
        let same = |receiver: &&Receiver| receiver.kind.name() == kind.name();
        let full_name: Arc<str> = match self.receivers.iter().filter(same).count() {
            0 => stem.into(),
            before => format!("{stem}-{}", before + 1).into(),
        };
        self.receivers.push(receivers::of_a_person(full_name.clone(), kind));
        Contact { receiver: full_name, after }
    }
}

const CONTACT_HELP: &str = "as in contact = [{ slack = true }, { email = true, after = \"2m\" }]";

/// `true`: the person's own; else what is written here.
fn own_or(
    value: &Value<'_>,
    own: Option<&(String, Value<'_>)>,
    written: impl FnOnce() -> Option<String>,
) -> Option<String> {
    match value.value {
        DeValue::Boolean(true) => {
            if own.is_none() {
                value.error(
                    format!("this person has no `{}` to be told by", value.key),
                    "give the person one, or write it here",
                );
            }
            own.map(|(text, _)| text.clone())
        }
        DeValue::String(_) => written(),
        _ => {
            value.error(format!("`{}` must be true or text in quotes", value.key), CONTACT_HELP);
            None
        }
    }
}

fn slack_id(value: &Value<'_>) -> Option<String> {
    let id = value.filled()?;
    let sound = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    if !id.starts_with(['U', 'W']) || !(3..=32).contains(&id.len()) || !id.bytes().all(sound) {
        value.error(format!("`{id}` is not the id of a Slack user"), SLACK_ID_HELP);
        return None;
    }
    Some(id.to_owned())
}

/// The address alone, by which the person is known elsewhere.
fn address(value: &Value<'_>) -> Option<String> {
    let text = value.email_address()?;
    text.parse::<EmailAddress>().ok().map(|address| address.email())
}
