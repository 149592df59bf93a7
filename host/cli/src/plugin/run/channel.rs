//! A message through a channel: the request that it asks for, or what became of the message.

use super::{Alert, account, line, table, wrong};
use crate::{Failure, printable};
use bellwire_app::core::{ChannelResponse, PluginFault};
use bellwire_workbench::{
    Body, Refused, Request, Sample, Step, channel_message, channel_step, elapsed_text, wasm::Channel,
};

#[derive(clap::Args)]
#[command(next_help_heading = "Of a channel")]
pub(super) struct OfChannel {
    /// What the message says: decided, acknowledged, resolved, … [default: decided]
    #[arg(long)]
    kind: Option<String>,
    /// What the channel said when it told of the incident first
    #[arg(long, value_name = "TEXT")]
    receipt: Option<String>,
    /// What the service answered to the last request, such as '200 {"ok":true}': shows what is done then; may be given again
    #[arg(long = "response", value_name = "STATUS BODY", value_parser = response)]
    responses: Vec<ChannelResponse>,
}

fn response(text: &str) -> Result<ChannelResponse, &'static str> {
    let (status, body) = text.split_once(' ').unwrap_or((text, ""));
    let status = status.parse().ok().filter(|status| (100..600).contains(status));
    let status = status.ok_or("it begins with a status, such as 200, and the body after a space")?;
    Ok(ChannelResponse { status, headers: Vec::new(), body: body.into() })
}

impl OfChannel {
    pub(super) fn given(&self) -> Option<&'static str> {
        let Self { kind, receipt, responses } = self;
        let given =
            [(kind.is_some(), "--kind"), (receipt.is_some(), "--receipt"), (!responses.is_empty(), "--response")];
        given.into_iter().find_map(|(is_given, option)| is_given.then_some(option))
    }

    pub(super) fn run(&self, channel: &Channel, settings: &str, alert: &Alert) -> Result<(), Failure> {
        let checked =
            channel.check(settings).map_err(Refused::Fault).and_then(|wants| wants.map_err(Refused::Problems));
        let wants = checked.map_err(|refused| wrong(&refused.to_string()))?;
        let sample = Sample {
            kind: self.kind.clone().unwrap_or_else(|| "decided".into()),
            labels: table(&alert.labels),
            annotations: table(&alert.annotations),
            priority: alert.priority.as_ref().map(|priority| priority.to_ascii_uppercase()),
            receipt: self.receipt.clone(),
        };
        let message = sample.message().and_then(|message| channel_message(&message)).map_err(|why| wrong(&why))?;
        let answered = channel.next(settings, &message, &self.responses);
        let step = answered.result.as_ref().map_err(PluginFault::to_string);
        let step = step.and_then(|step| channel_step(step, &wants.secrets));
        if let Ok(step) = &step {
            show(step);
        }
        account(&answered);
        step.map(|_| ()).map_err(|why| Failure::Failed(printable(&why)))
    }
}

fn show(step: &Step) {
    match step {
        Step::Send(request) => show_request(request),
        Step::Delivered { receipt: None } => line("delivered", "without a receipt"),
        Step::Delivered { receipt: Some(receipt) } => line("delivered", &format!("with the receipt {receipt:?}")),
        Step::Retry { after: None, reason } => line("retry", &format!("when the host sees fit: {reason}")),
        Step::Retry { after: Some(after), reason } => {
            line("retry", &format!("after {}: {reason}", elapsed_text(after.0)));
        }
        Step::Permanent(reason) => line("failed", &format!("for good: {reason}")),
        Step::Error(error) => line("error", error),
    }
}

fn show_request(request: &Request) {
    let Request { method, url, headers, body } = request;
    line("request", &format!("{method} {url}"));
    for (name, value) in headers {
        line("", &format!("{name}: {value}"));
    }
    let text = match body {
        Body::Text(text) => text.clone(),
        Body::Json(value) => serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string()),
    };
    for (index, text) in text.lines().enumerate() {
        line(if index == 0 { "body" } else { "" }, text);
    }
}
