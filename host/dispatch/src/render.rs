//! Words: minijinja templates over a [`View`], ours or the receiver's own. Touches nothing but its arguments.
//!
//! A template that fails never fails the send: what it would have said is said plainly, with a note of its error.
//! Every value is escaped for the format it goes into, so a label cannot ping a channel or smuggle HTML.

use crate::{sample::sample, text::clip, view::View};
use bellwire_core::Receiver;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context, syntax::SyntaxConfig, value::Serde};
use std::{error::Error, io};

/// Steps of one template; ours need some 3,000.
const FUEL: u64 = 100_000;
/// What one template may write.
const OUTPUT_BYTES_MAX: usize = 64 * 1024;
const TEMPLATE_BYTES_MAX: usize = 64 * 1024;
/// A title is one line of a phone's lock screen, or two.
const TITLE_CHARS_MAX: usize = 250;

/// What the words are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Slack's mrkdwn.
    Slack,
    Text,
    Html,
}

/// Where the title goes: a mail's subject reads differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heading {
    Title,
    Subject,
}

pub(crate) struct Renderer {
    environment: Environment<'static>,
}

impl Format {
    /// minijinja chooses the escape by the template's name.
    fn template(self) -> (&'static str, &'static str) {
        match self {
            Self::Slack => ("body.slack", include_str!("templates/body.slack.j2")),
            Self::Text => ("body.txt", include_str!("templates/body.txt.j2")),
            Self::Html => ("body.html", include_str!("templates/body.html.j2")),
        }
    }
}

impl Heading {
    fn template(self) -> (&'static str, &'static str) {
        match self {
            Self::Title => ("title.txt", include_str!("templates/title.j2")),
            Self::Subject => ("subject.txt", include_str!("templates/subject.j2")),
        }
    }
}

impl Renderer {
    pub fn new() -> Self {
        let mut environment = Environment::new();
        // A syntax without custom delimiters always builds.
        if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build() {
            environment.set_syntax(syntax);
        }
        environment.set_fuel(Some(FUEL));
        environment.set_recursion_limit(50);
        // A label that an alert does not have is no fault of the template.
        environment.set_undefined_behavior(UndefinedBehavior::Chainable);
        environment.set_auto_escape_callback(|name| match name.rsplit_once('.') {
            Some((_, "html")) => AutoEscape::Html,
            Some((_, "slack")) => AutoEscape::Custom("slack".into()),
            _ => AutoEscape::None,
        });
        environment.set_formatter(|output, state, value| match state.auto_escape() {
            AutoEscape::Custom(_) if !value.is_safe() => Ok(output.write_str(&escape(&shown(value)))?),
            AutoEscape::Custom(_) => Ok(output.write_str(&shown(value))?),
            _ if value.is_none() => Ok(()),
            _ => minijinja::escape_formatter(output, state, value),
        });
        environment.add_filter("clip", |text: Value, chars_max: usize| clip(&shown(&text), chars_max));
        Self { environment }
    }

    /// One line, never escaped: who puts it somewhere knows how.
    pub fn title(&self, view: &View<'_>, receiver: &Receiver, heading: Heading) -> String {
        let (name, default) = heading.template();
        let source = receiver.title_template.as_deref().unwrap_or(default);
        self.run(name, source, values(view)).map_or_else(|_| plain_title(view), |title| clip(&title, TITLE_CHARS_MAX))
    }

    /// The whole message, escaped for its format.
    pub fn body(&self, view: &View<'_>, receiver: &Receiver, title: &str, format: Format) -> String {
        let values = context! { title, ..values(view) };
        let (name, default) = format.template();
        let written = match (&receiver.body_template, format) {
            (None, _) => self.run(name, default, values),
            (Some(source), Format::Slack | Format::Text) => self.run(name, source, values),
            // A receiver's template writes the text of a mail; its HTML shows the same.
            (Some(source), Format::Html) => {
                self.run(Format::Text.template().0, source, values).map(|text| preformatted(&text))
            }
        };
        written.unwrap_or_else(|error| plain_body(view, title, &error, format))
    }

    fn run(&self, name: &str, source: &str, values: Value) -> Result<String, String> {
        if source.len() > TEMPLATE_BYTES_MAX {
            return Err(format!("it is longer than {TEMPLATE_BYTES_MAX} bytes"));
        }
        let template = self.environment.template_from_named_str(name, source).map_err(|error| explain(&error))?;
        let mut output = Bounded(Vec::new());
        template.render_captured_to(values, &mut output).map_err(|error| explain(&error))?;
        match String::from_utf8(output.0) {
            Ok(text) if text.trim().is_empty() => Err("it wrote nothing".to_owned()),
            Ok(text) => Ok(text),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Says what is wrong with a receiver's template: its syntax, a name that no message has, or how it fails on a sample.
pub fn check_template(source: &str) -> Result<(), String> {
    let renderer = Renderer::new();
    let message = sample();
    let view = View::new(&message, Some("https://bellwire.example"));
    let values = context! { title => plain_title(&view), ..values(&view) };
    let template = renderer.environment.template_from_named_str("body.txt", source).map_err(|error| explain(&error))?;
    let mut unknown: Vec<String> = template.undeclared_variables(false).into_iter().collect();
    unknown.retain(|name| {
        values.get_attr(name).is_ok_and(|value| value.is_undefined())
            && !renderer.environment.globals().any(|(global, _)| global == name)
    });
    unknown.sort();
    if let Some(name) = unknown.first() {
        let mut known: Vec<String> =
            values.try_iter().map(|names| names.map(|name| name.to_string()).collect()).unwrap_or_default();
        known.sort();
        return Err(format!("there is no `{name}`; there is: {}", known.join(", ")));
    }
    renderer.run("body.txt", source, values).map(drop)
}

fn values(view: &View<'_>) -> Value {
    Serde(view).into()
}

/// What is said when a template cannot say it.
fn plain_body(view: &View<'_>, title: &str, error: &str, format: Format) -> String {
    let mut lines = vec![title.to_owned()];
    lines.extend(view.notice.text.map(str::to_owned));
    lines.push(format!("Since {}. {}", view.since, view.incident.reason));
    lines
        .extend(view.alerts.iter().take(10).map(|alert| format!("- {} {} {}", alert.name, alert.place, alert.summary)));
    lines.extend(view.links.runbook.clone());
    lines.push(view.ack_command.clone());
    lines.push(format!("(This is plain because the receiver's template failed: {error})"));
    let lines: Vec<String> = lines.iter().map(|line| clip(line, 1_000)).collect();
    match format {
        Format::Text => lines.join("\n"),
        Format::Slack => escape(&lines.join("\n")),
        Format::Html => preformatted(&lines.join("\n")),
    }
}

fn plain_title(view: &View<'_>) -> String {
    let priority = view.incident.priority.map(|priority| format!("{priority} ")).unwrap_or_default();
    clip(&format!("{priority}{} {} · {}", view.name, view.place, view.incident.id), TITLE_CHARS_MAX)
}

fn preformatted(text: &str) -> String {
    format!("<!DOCTYPE html>\n<html><body><div style=\"white-space: pre-wrap\">{}</div></body></html>\n", escape(text))
}

/// All that Slack wants escaped, and all that the text between two HTML tags needs.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// `none` and what is not there are nothing to a reader.
fn shown(value: &Value) -> String {
    if value.is_none() || value.is_undefined() { String::new() } else { value.to_string() }
}

fn explain(error: &minijinja::Error) -> String {
    let what = error.detail().map_or_else(|| error.kind().to_string(), |detail| format!("{}: {detail}", error.kind()));
    let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
    let line = error.line().map(|line| format!(" (line {line})")).unwrap_or_default();
    clip(&format!("{what}{cause}{line}"), 300)
}

/// Takes so much and no more.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > OUTPUT_BYTES_MAX {
            return Err(io::Error::other(format!("the template writes more than {OUTPUT_BYTES_MAX} bytes")));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::receiver;
    use bellwire_core::{Acknowledgement, IncidentState, Labels, Message, NoticeKind, Span};
    use insta::assert_snapshot;

    fn render(message: &Message, receiver: &Receiver, format: Format) -> String {
        let view = View::new(message, Some("https://bellwire.example/"));
        let renderer = Renderer::new();
        let title = renderer.title(&view, receiver, Heading::Title);
        renderer.body(&view, receiver, &title, format)
    }

    #[test]
    fn the_first_line_says_all() {
        assert_snapshot!(render(&sample(), &receiver(), Format::Text), @r"
        P1 InstanceDown: web-1 is down (1 alert) · payments-42

        step 1: the on-call team

        Where:  web-1
        Since:  2026-11-21 03:12 UTC, just now
        Why:    severity is critical
        Told:   payments/mail (delivered)

        1 firing, 0 resolved
        - firing: InstanceDown on web-1: web-1 is down

        Runbook:   https://runbooks.example/InstanceDown
        Rule:      https://prometheus.example/graph
        Incident:  https://bellwire.example/incidents/payments-42
        Ack:       bellwire incidents ack payments-42
        ");
    }

    #[test]
    fn slack() {
        assert_snapshot!(render(&sample(), &receiver(), Format::Slack), @r"
        step 1: the on-call team
        *Where:* web-1
        *Since:* 2026-11-21 03:12 UTC, just now
        *Why:* severity is critical
        *Told:* payments/mail (delivered)
        *Alerts:* 1 firing, 0 resolved
        • firing: InstanceDown on web-1: web-1 is down
        <https://runbooks.example/InstanceDown|Runbook>  <https://prometheus.example/graph|Rule>  <https://bellwire.example/incidents/payments-42|Incident>
        Acknowledge: `bellwire incidents ack payments-42`
        ");
    }

    #[test]
    fn a_policy_fault_says_so_first() {
        let mut message = sample();
        message.kind = NoticeKind::PolicyFault;
        message.text = Some("the policy used up its fuel (1000 units)".into());
        message.incident.priority = None;
        message.incident.reason.clear();
        assert_snapshot!(render(&message, &receiver(), Format::Text), @r"
        Policy failed: InstanceDown: web-1 is down (1 alert) · payments-42

        The policy failed, so you are told instead: the policy used up its fuel (1000 units)

        Where:  web-1
        Since:  2026-11-21 03:12 UTC, just now
        Told:   payments/mail (delivered)

        1 firing, 0 resolved
        - firing: InstanceDown on web-1: web-1 is down

        Runbook:   https://runbooks.example/InstanceDown
        Rule:      https://prometheus.example/graph
        Incident:  https://bellwire.example/incidents/payments-42
        Ack:       bellwire incidents ack payments-42
        ");
    }

    #[test]
    fn updates_say_what_changed() {
        let mut message = sample();
        message.kind = NoticeKind::Acknowledged;
        message.incident.state = IncidentState::Acknowledged;
        message.incident.acknowledged = Some(Acknowledgement { by: "kim".into(), at: message.now });
        let renderer = Renderer::new();
        let title = |message: &Message, heading| renderer.title(&View::new(message, None), &receiver(), heading);
        assert_snapshot!(title(&message, Heading::Title), @"Acknowledged by kim: P1 InstanceDown: web-1 is down (1 alert) · payments-42");
        message.kind = NoticeKind::Resolved;
        message.incident.resolved_at = Some(message.now.saturating_add(Span::from_secs(754)));
        (message.firing, message.resolved) = (0, 3);
        assert_snapshot!(title(&message, Heading::Title), @"Resolved: P1 InstanceDown: web-1 is down (3 alerts) · payments-42");
        assert_snapshot!(title(&message, Heading::Subject), @"[P1] InstanceDown on web-1 — payments-42");
        message.kind = NoticeKind::PriorityChanged;
        assert_snapshot!(title(&message, Heading::Title), @"Now P1 InstanceDown: web-1 is down (3 alerts) · payments-42");
        assert_snapshot!(View::new(&message, None).since, @"2026-11-21 03:12 UTC, for 12m");
    }

    #[test]
    fn a_stranger_cannot_speak_slack_or_html() {
        let mut message = sample();
        let mut alert = (*message.alerts[0]).clone();
        alert.annotations = Labels::from_pairs([
            ("summary", "<!channel> <script>alert('x')</script> & more"),
            ("runbook_url", "javascript:alert(1)"),
        ]);
        message.alerts = vec![alert.into()];
        message.text = Some("<!here> <b>".into());
        let slack = render(&message, &receiver(), Format::Slack);
        assert!(!slack.contains("<!") && !slack.contains("<b>") && !slack.contains("javascript"), "{slack}");
        let html = render(&message, &receiver(), Format::Html);
        assert!(!html.contains("<script") && !html.contains("<!channel") && !html.contains("javascript"), "{html}");
        let mut receiver = receiver();
        receiver.body_template = Some("{{ summary }} <https://safe|a link of the template's own>".into());
        let own = render(&message, &receiver, Format::Slack);
        assert!(
            own.starts_with("&lt;!channel&gt;") && own.ends_with("<https://safe|a link of the template's own>"),
            "{own}"
        );
    }

    #[test]
    fn a_template_that_fails_falls_back_to_plain_text() {
        let mut receiver = receiver();
        receiver.body_template = Some("{{ summary|nonsense }}".into());
        assert_snapshot!(render(&sample(), &receiver, Format::Text), @r"
        P1 InstanceDown: web-1 is down (1 alert) · payments-42
        step 1: the on-call team
        Since 2026-11-21 03:12 UTC, just now. severity is critical
        - InstanceDown web-1 web-1 is down
        https://runbooks.example/InstanceDown
        bellwire incidents ack payments-42
        (This is plain because the receiver's template failed: unknown filter: filter nonsense is unknown (line 1))
        ");
        for (source, reason) in [
            ("{% if %}", "syntax error"),
            ("{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}", "fuel"),
            ("{% for a in range(20000) %}{{ incident.id }}{% endfor %}", "65536 bytes"),
            ("  \n ", "it wrote nothing"),
        ] {
            receiver.body_template = Some(source.into());
            receiver.title_template = Some(source.into());
            for format in [Format::Slack, Format::Text, Format::Html] {
                let body = render(&sample(), &receiver, format);
                assert!(body.contains("InstanceDown web-1 · payments-42") && body.contains("web-1 is down"), "{body}");
                assert!(body.contains(reason), "{source}: {body}");
            }
        }
    }

    #[test]
    fn templates_are_checked_before_they_are_needed() {
        assert_eq!(
            check_template(
                "{{ incident.priority }} {{ alerts[0].labels.pod }} {{ title }} {% for a in alerts %}{{ loop.index }}{% endfor %}"
            ),
            Ok(())
        );
        assert_snapshot!(check_template("{{ sumary }}").unwrap_err(), @"there is no `sumary`; there is: ack_command, alerts, count, firing, incident, links, more, name, notice, resolved, since, summary, title, told, where");
        assert_snapshot!(check_template("{% if %}").unwrap_err(), @"syntax error: unexpected end of block (line 1)");
        assert_snapshot!(check_template("{{ name|shout }}").unwrap_err(), @"unknown filter: filter shout is unknown (line 1)");
        for ours in [
            Heading::Title.template(),
            Heading::Subject.template(),
            Format::Slack.template(),
            Format::Text.template(),
            Format::Html.template(),
        ] {
            assert_eq!(check_template(ours.1), Ok(()), "{}", ours.0);
        }
    }
}
