//! A webhook through a source: its alerts.

use super::{account, line, wrong};
use crate::{Failure, plugin::file, printable, route::pair};
use bellwire_app::{
    Clock,
    core::{AlertInput, Ends, Instant, Labels},
};
use bellwire_workbench::{
    Moment, Refused,
    wasm::{Converted, Source, SourceFault, Webhook},
};
use std::{
    io::{self, IsTerminal, Read},
    path::{Path, PathBuf},
};

const STDIN: &str = "-";

#[derive(clap::Args)]
#[command(next_help_heading = "Of a source")]
pub(super) struct OfSource {
    /// The webhook's body: a file, or - for stdin, which is the default
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,
    /// Content-Type of the body [default: application/json]
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
    /// A header of the webhook; may be given again
    #[arg(long = "header", value_name = "NAME=VALUE", value_parser = pair)]
    headers: Vec<(String, String)>,
    /// A parameter of the address that it was sent to; may be given again
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    query: Vec<(String, String)>,
}

impl OfSource {
    pub(super) fn given(&self) -> Option<&'static str> {
        let Self { body, content_type, headers, query } = self;
        let given = [
            (body.is_some(), "--body"),
            (content_type.is_some(), "--content-type"),
            (!headers.is_empty(), "--header"),
            (!query.is_empty(), "--query"),
        ];
        given.into_iter().find_map(|(is_given, option)| is_given.then_some(option))
    }

    pub(super) fn run(&self, source: &Source, settings: &str, now: Option<Moment>) -> Result<(), Failure> {
        let checked = source.check(settings).map_err(Refused::Fault).and_then(|wants| wants.map_err(Refused::Problems));
        let wants = checked.map_err(|refused| wrong(&refused.to_string()))?;
        let started = Clock::System.now();
        let is_wanted = |name: &str| wants.headers.iter().any(|wanted| wanted.eq_ignore_ascii_case(name));
        let (wanted, others): (Vec<_>, Vec<_>) = self.headers.iter().cloned().partition(|(name, _)| is_wanted(name));
        if let Some((name, _)) = others.first() {
            eprintln!("bellwire: it does not get the header {}, as its check does not ask for it", printable(name));
        }
        let webhook = Webhook {
            now: now.map_or(started, |now| Instant::from_millis(now.from(started.as_millis()))),
            content_type: self.content_type.clone().unwrap_or_else(|| "application/json".into()),
            query: self.query.clone(),
            headers: wanted.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect(),
            body: body(self.body.as_deref().unwrap_or(Path::new(STDIN)))?,
        };
        let conversion = source.convert(settings, &webhook);
        if let Ok(converted) = &conversion.result {
            show(converted);
        }
        account(&conversion);
        conversion.result.map(|_| ()).map_err(|fault| Failure::Failed(printable(&said(&fault))))
    }
}

fn said(fault: &SourceFault) -> String {
    match fault {
        SourceFault::Malformed(why) => format!("it refuses the body, and tells its sender: {why}"),
        SourceFault::Plugin(fault) => fault.to_string(),
    }
}

fn body(path: &Path) -> Result<Vec<u8>, Failure> {
    if path != Path::new(STDIN) {
        return file::read(path);
    }
    let mut stdin = io::stdin().lock();
    if stdin.is_terminal() {
        eprintln!("bellwire: the body is read from here, up to Ctrl-D; --body FILE reads a file");
    }
    let mut body = Vec::new();
    stdin.read_to_end(&mut body).map_err(|error| wrong(&format!("stdin cannot be read: {error}")))?;
    Ok(body)
}

fn show(converted: &Converted) {
    let Converted { alerts, unusable, beyond } = converted;
    if alerts.is_empty() && unusable.is_empty() {
        line("alerts", "none");
    }
    alerts.iter().for_each(show_alert);
    for refused in unusable {
        line("unusable", &format!("alert {}: {}", refused.index + 1, refused.message));
    }
    if *beyond > 0 {
        line("beyond", &format!("{beyond} more, which a server does not look at"));
    }
}

fn show_alert(alert: &AlertInput) {
    let AlertInput { labels, annotations, starts_at, ends, generator_url } = alert;
    let (state, ended) = match ends {
        Ends::Open | Ends::Unsaid => ("firing", None),
        Ends::At(at) | Ends::Resolved(at) => ("resolved", Some(at)),
    };
    line(state, &pairs(labels));
    if !annotations.is_empty() {
        line("", &format!("annotated {}", pairs(annotations)));
    }
    for (word, at) in [("since", starts_at.as_ref()), ("ended", ended)] {
        if let Some(at) = at {
            line("", &format!("{word} {at}"));
        }
    }
    if !generator_url.is_empty() {
        line("", generator_url);
    }
}

fn pairs(labels: &Labels) -> String {
    let pairs: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    pairs.join(" ")
}
