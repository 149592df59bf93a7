//! What receivers are sent through, once for all of them: `[smtp]`, `[slack]`, `[pagerduty]`, and the limits.

use super::{Draft, page, receivers::Receivers};
use crate::{Kind, Section, host_port};
use bellwire_core::Span;
use std::str::FromStr as _;

const PAGERDUTY: &str = "https://events.pagerduty.com";

pub(super) fn write(draft: &mut Draft<'_>, receivers: &Receivers) -> String {
    let mut text = String::new();
    let global = &draft.config.global;
    let resolve_timeout = draft.config.resolve_timeout();
    if global.has("resolve_timeout") {
        let line = global.place_of("resolve_timeout").line();
        let length = page::length(resolve_timeout.clamp(Span::from_secs(1), Span::from_secs(86_400)));
        text.push_str(&format!("\n[limits]\nresolve_timeout = {length}     # line {line}\n"));
    }
    if receivers.needs_slack {
        let token = draft.variable(&["SLACK_TOKEN"], "the token of a Slack app's bot, which posts to channels");
        text.push_str(&format!("\n[slack]\ntoken = {token}\n"));
    }
    let global = &draft.config.global;
    if let Some(url) = global.text("pagerduty_url") {
        let base = url.trim_end_matches('/').trim_end_matches("/v2/enqueue");
        if base != PAGERDUTY {
            let line = global.place_of("pagerduty_url").line();
            text.push_str(&format!("\n[pagerduty]\napi = {}     # line {line}\n", page::quoted(base)));
        }
    }
    text + &smtp(draft)
}

/// Those of `global`, else of the first receiver that has its own.
struct Mail<'c> {
    own: &'c Section,
    global: &'c Section,
}

impl<'c> Mail<'c> {
    fn text(&self, key: &str) -> Option<&'c str> {
        self.own.text(key).or_else(|| self.global.text(&format!("smtp_{key}")))
    }

    fn flag(&self, key: &str) -> Option<bool> {
        self.own.flag(key).or_else(|| self.global.flag(&format!("smtp_{key}")))
    }

    fn has_password(&self) -> bool {
        self.own.secret("auth_password").or_else(|| self.global.secret("smtp_auth_password")).is_some()
    }
}

fn smtp(draft: &mut Draft<'_>) -> String {
    let config = draft.config;
    let integrations = config.receivers.iter().flat_map(|receiver| &receiver.integrations);
    let mails: Vec<Mail<'_>> = integrations
        .filter(|integration| integration.kind == Kind::Email)
        .map(|integration| Mail { own: &integration.settings, global: &config.global })
        .collect();
    let Some(first) = mails.first() else { return String::new() };
    for other in &mails[1..] {
        let differs = |key: &&&str| other.text(key) != first.text(key);
        let keys: Vec<&str> = ["smarthost", "from", "auth_username"].iter().filter(differs).copied().collect();
        if !keys.is_empty() {
            let what = "`email_configs`: a mail server or a sender of its own: Bellwire has one for all";
            draft.leave(other.own.place, what, "See that the one in bellwire.toml will do");
        }
    }
    let place = first.own.place;
    let (host, port) = first.text("smarthost").and_then(host_port).unwrap_or(("localhost", "25"));
    let port: u16 = port.parse().unwrap_or(25);
    let from = first.text("from").unwrap_or_default();
    let from = if email_address::EmailAddress::from_str(from).is_ok() {
        from.to_owned()
    } else {
        draft.leave(place, "`from` is no address", "Write the sender's into [smtp] from");
        format!("bellwire@{host}")
    };
    let password_file = first.text("auth_password_file");
    let has_password = first.has_password() || password_file.is_some();
    let encryption = match (port, first.flag("require_tls").unwrap_or(true)) {
        (465, _) => "implicit",
        (_, true) => "starttls",
        (_, false) if has_password => {
            draft.leave(place, "a password without encryption (`require_tls: false`)", "Bellwire insists on STARTTLS");
            "starttls"
        }
        (_, false) => "none",
    };
    let host = if host.is_empty() { "localhost" } else { host };
    let mut text = format!(
        "\n# Line {}.\n[smtp]\nhost = {}\nport = {port}\nencryption = \"{encryption}\"\nfrom = {}\n",
        place.line(),
        page::quoted(host),
        page::quoted(&from)
    );
    match first.text("auth_username") {
        Some(user) if has_password => {
            let password = match password_file {
                Some(file) => format!("{{ file = {} }}", page::quoted(file)),
                None => draft.variable(&["SMTP_PASSWORD"], "the password of the mail server"),
            };
            text.push_str(&format!("user = {}\npassword = {password}\n", page::quoted(user)));
        }
        Some(_) => draft.leave(place, "a user of the mail server without a password", "Give it both, or neither"),
        None => {}
    }
    let tls = ["tls_config", "auth_secret", "auth_secret_file", "auth_identity", "hello"];
    if tls.iter().any(|key| first.own.has(key) || first.global.has(&format!("smtp_{key}"))) {
        let what = "certificates, CRAM-MD5, an identity or a HELO of your own for mail";
        draft.leave(place, what, "`root` of [smtp] is a certificate to trust; there is nothing for the others");
    }
    text
}
