//! What receivers are sent through, and what comes back from there.

use crate::{keys, reader::Fields};
use bellwire_core::{EmailReceiver, Encryption, Secret};
use std::path::PathBuf;

const ENCRYPTION: [(&str, Encryption); 3] =
    [("starttls", Encryption::StartTls), ("implicit", Encryption::Implicit), ("none", Encryption::None)];

const LINK_SECRET_BYTES_MIN: usize = 16;

/// By what the requests that come back from Slack, PagerDuty and mail are known to be theirs.
#[derive(Clone, PartialEq, Eq)]
pub struct Integrations {
    /// None: buttons and commands are refused.
    pub slack_signing_secret: Option<Secret>,
    pub slack_api: String,
    pub slack_token: Option<Secret>,
    /// Of PagerDuty's webhooks, any of which will do; none: they are refused.
    pub pagerduty_webhook_secrets: Vec<Secret>,
    /// Signs the links in mails; none: `app` makes one.
    pub link_secret: Option<Secret>,
}

/// What receivers are sent through. Given, and yet without its value: there is an error in it, which is noted already.
pub(crate) struct Services {
    pub smtp: Smtp,
    pub slack: Slack,
    pub pagerduty_api: String,
    pub integrations: Integrations,
    /// The folder of the plugins that speak for receivers.
    pub plugins: PathBuf,
}

pub(crate) struct Smtp {
    pub given: bool,
    /// A receiver to which nobody is added yet.
    pub server: Option<EmailReceiver>,
}

pub(crate) struct Slack {
    pub given: bool,
    pub token: Option<Secret>,
    pub api: String,
}

pub(crate) fn read(fields: &Fields<'_>, plugins: PathBuf) -> Services {
    let smtp = fields.fields("smtp", keys::SMTP);
    let slack = fields.fields("slack", keys::SLACK);
    let api = |fields: Option<&Fields<'_>>, default: &str| {
        fields.and_then(|fields| fields.get("api")?.url()).unwrap_or_else(|| default.to_owned())
    };
    let token = slack.as_ref().and_then(|slack| slack.get("token"));
    let pagerduty = fields.fields("pagerduty", keys::PAGERDUTY);
    let slack_token = token.as_ref().and_then(|token| token.secret());
    let slack_api = api(slack.as_ref(), "https://slack.com/api");
    let webhook_secrets = pagerduty.as_ref().and_then(|pagerduty| pagerduty.get("webhook_secrets")?.list());
    let integrations = Integrations {
        slack_signing_secret: slack.as_ref().and_then(|slack| slack.get("signing_secret")?.secret()),
        slack_api: slack_api.clone(),
        slack_token: slack_token.clone(),
        pagerduty_webhook_secrets: webhook_secrets.iter().flatten().filter_map(|secret| secret.secret()).collect(),
        link_secret: fields.fields("links", keys::LINKS).and_then(|links| link_secret(&links)),
    };
    Services {
        smtp: Smtp { given: fields.has("smtp"), server: smtp.and_then(|smtp| mail_server(&smtp)) },
        slack: Slack { given: token.is_some(), token: slack_token, api: slack_api },
        integrations,
        plugins,
        pagerduty_api: api(pagerduty.as_ref(), "https://events.pagerduty.com"),
    }
}

fn mail_server(smtp: &Fields<'_>) -> Option<EmailReceiver> {
    let host = smtp.require("host", "the mail server's name, as in host = \"smtp.example.com\"");
    let from = smtp.require("from", "the sender's address, as in from = \"bellwire@example.com\"");
    let from = from.and_then(|from| from.email_address());
    let encryption = smtp.get("encryption").and_then(|value| value.one_of(&ENCRYPTION)).unwrap_or(Encryption::StartTls);
    let port = match encryption {
        Encryption::StartTls => 587,
        Encryption::Implicit => 465,
        Encryption::None => 25,
    };
    let credentials = match (smtp.get("user"), smtp.get("password")) {
        (None, None) => None,
        (Some(user), Some(password)) => {
            if encryption == Encryption::None {
                password
                    .error("a password is not sent over a connection without encryption", "encryption = \"starttls\"");
            }
            user.filled().map(str::to_owned).zip(password.secret())
        }
        (Some(one), None) | (None, Some(one)) => {
            one.error("`user` and `password` are given together or not at all", "");
            None
        }
    };
    Some(EmailReceiver {
        to: Vec::new(),
        from: from?,
        port: smtp.whole("port", 1..=65_535, port),
        encryption,
        credentials,
        root: smtp.get("root").and_then(|value| value.file_text()),
        host: host?.filled()?.to_owned(),
    })
}

fn link_secret(links: &Fields<'_>) -> Option<Secret> {
    let value = links.require("secret", "secret = { env = \"NAME\" }")?;
    let secret = value.secret()?;
    if secret.expose().len() < LINK_SECRET_BYTES_MIN {
        let help = "as `openssl rand -hex 32` makes it: whoever guesses it can acknowledge in anybody's name";
        value.error(format!("the secret of links must have at least {LINK_SECRET_BYTES_MIN} bytes"), help);
    }
    Some(secret)
}
