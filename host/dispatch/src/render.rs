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

/// What the message is about, which is what the words are written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Story {
    Incident,
    /// Many in one message.
    Bundle,
}

impl Story {
    const ALL: [Self; 2] = [Self::Incident, Self::Bundle];

    fn of(view: &View<'_>) -> Self {
        if view.bundle.is_some() { Self::Bundle } else { Self::Incident }
    }
}

impl Format {
    const ALL: [Self; 3] = [Self::Slack, Self::Text, Self::Html];

    /// minijinja chooses the escape by the template's name.
    fn template(self, story: Story) -> (&'static str, &'static str) {
        match (self, story) {
            (Self::Slack, Story::Incident) => ("body.slack", include_str!("templates/body.slack.j2")),
            (Self::Text, Story::Incident) => ("body.txt", include_str!("templates/body.txt.j2")),
            (Self::Html, Story::Incident) => ("body.html", include_str!("templates/body.html.j2")),
            (Self::Slack, Story::Bundle) => ("bundle.slack", include_str!("templates/bundle.slack.j2")),
            (Self::Text, Story::Bundle) => ("bundle.txt", include_str!("templates/bundle.txt.j2")),
            (Self::Html, Story::Bundle) => ("bundle.html", include_str!("templates/bundle.html.j2")),
        }
    }
}

impl Heading {
    const ALL: [Self; 2] = [Self::Title, Self::Subject];

    fn template(self, story: Story) -> (&'static str, &'static str) {
        match (self, story) {
            (Self::Title, Story::Incident) => ("title.txt", include_str!("templates/title.j2")),
            (Self::Subject, Story::Incident) => ("subject.txt", include_str!("templates/subject.j2")),
            (Self::Title | Self::Subject, Story::Bundle) => {
                ("bundle-title.txt", include_str!("templates/bundle-title.j2"))
            }
        }
    }
}

/// Every template of ours.
fn templates() -> impl Iterator<Item = (&'static str, &'static str)> {
    Story::ALL.into_iter().flat_map(|story| {
        let bodies = Format::ALL.map(|format| format.template(story));
        bodies.into_iter().chain(Heading::ALL.map(|heading| heading.template(story)))
    })
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
        // Parsed once: it takes four times as long as to render. One that did not parse would be said plainly.
        for (name, source) in templates() {
            drop(environment.add_template(name, source));
        }
        Self { environment }
    }

    /// One line, never escaped: who puts it somewhere knows how.
    pub fn title(&self, view: &View<'_>, receiver: &Receiver, heading: Heading) -> String {
        let story = Story::of(view);
        let own = own(story, receiver.title_template.as_deref());
        let (name, _) = heading.template(story);
        self.run(name, own, values(view)).map_or_else(|_| plain_title(view), |title| clip(&title, TITLE_CHARS_MAX))
    }

    /// The whole message, escaped for its format.
    pub fn body(&self, view: &View<'_>, receiver: &Receiver, title: &str, format: Format) -> String {
        let values = context! { title, ..values(view) };
        let story = Story::of(view);
        let (name, _) = format.template(story);
        let written = match (own(story, receiver.body_template.as_deref()), format) {
            (own, Format::Slack | Format::Text) | (own @ None, Format::Html) => self.run(name, own, values),
            // A receiver's template writes the text of a mail; its HTML shows the same.
            (Some(source), Format::Html) => {
                self.run(Format::Text.template(story).0, Some(source), values).map(|text| preformatted(&text))
            }
        };
        written.unwrap_or_else(|error| plain_body(view, title, &error, format))
    }

    /// `own`: the receiver's template; none: ours of that name.
    fn run(&self, name: &str, own: Option<&str>, values: Value) -> Result<String, String> {
        let template = match own {
            Some(source) if source.len() > TEMPLATE_BYTES_MAX => {
                return Err(format!("it is longer than {TEMPLATE_BYTES_MAX} bytes"));
            }
            Some(source) => self.environment.template_from_named_str(name, source),
            None => self.environment.get_template(name),
        };
        let template = template.map_err(|error| explain(&error))?;
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
    // With everything that a message may have.
    let view = View { buttons: true, ..View::new(&message, Some("https://bellwire.example")) };
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
    renderer.run("body.txt", Some(source), values).map(drop)
}

/// A receiver's template is written for one incident: of many it would tell the first only.
fn own(story: Story, template: Option<&str>) -> Option<&str> {
    template.filter(|_| story == Story::Incident)
}

fn values(view: &View<'_>) -> Value {
    Serde(view).into()
}

/// What is said when a template cannot say it.
fn plain_body(view: &View<'_>, title: &str, error: &str, format: Format) -> String {
    let mut lines = vec![title.to_owned()];
    if let Some(bundle) = &view.bundle {
        lines.extend(bundle.shown.iter().map(|one| format!("- {} {} {}", one.incident, one.name, one.place)));
        lines.extend(bundle.link.clone());
    }
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
    if let Some(bundle) = &view.bundle {
        return clip(&bundle.heading, TITLE_CHARS_MAX);
    }
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
mod tests;
