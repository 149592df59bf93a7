//! Of a channel: message and responses in, the next step out.

use super::{CaseRun, Verdict};
use crate::{message::channel_message, subject::Refused};
use bellwire_cases::channel::{Body, ChannelCase, Request, Response, Span, Step, written_secret};
use bellwire_core::{ChannelRequest, ChannelResponse, ChannelStep, Part, PluginFault};
use bellwire_wasm::Channel;

/// `settings`: a JSON document.
pub fn run_channel_case(channel: &Channel, settings: &str, case: &ChannelCase) -> CaseRun {
    let secrets = match channel.check(settings) {
        Ok(Ok(wants)) => wants.secrets,
        Ok(Err(problems)) => return CaseRun::not_asked(&case.name, Refused::Problems(problems)),
        Err(fault) => return CaseRun::not_asked(&case.name, Refused::Fault(fault)),
    };
    let message = match channel_message(&case.message) {
        Ok(message) => message,
        Err(why) => return CaseRun::not_asked(&case.name, why),
    };
    let responses: Vec<ChannelResponse> = case.responses.iter().map(response).collect();
    CaseRun::of(&case.name, channel.next(settings, &message, &responses), |result| {
        match result.map_or_else(error, |step| channel_step(&step, &secrets)) {
            Ok(step) => Verdict::compare(case.step.written(), step.written()),
            Err(why) => Verdict::Faulted(why),
        }
    })
}

/// What a channel says instead of a step, as a case has it. The error: it did not say anything.
fn error(fault: PluginFault) -> Result<Step, String> {
    match fault {
        PluginFault::Settings(why) => Ok(Step::Error(format!("settings: {why}"))),
        PluginFault::Failed(why) => Ok(Step::Error(format!("failed: {why}"))),
        fault => Err(fault.to_string()),
    }
}

/// In the words of a case. The error: it asks for a secret that is not one of `secrets`, which its `check` listed.
pub fn channel_step(step: &ChannelStep, secrets: &[String]) -> Result<Step, String> {
    Ok(match step {
        ChannelStep::Send(request) => Step::Send(self::request(request, secrets)?),
        ChannelStep::Delivered { receipt } => Step::Delivered { receipt: receipt.clone() },
        ChannelStep::Retry { after, reason } => {
            Step::Retry { after: after.map(|after| Span(after.as_millis())), reason: reason.clone() }
        }
        ChannelStep::Permanent { reason } => Step::Permanent(reason.clone()),
    })
}

fn request(request: &ChannelRequest, secrets: &[String]) -> Result<Request, String> {
    let ChannelRequest { method, url, headers, body } = request;
    let header = |(name, value): &(String, Vec<Part>)| Ok((name.to_ascii_lowercase(), written(value, secrets)?));
    Ok(Request {
        method: method.clone(),
        url: written(url, secrets)?,
        headers: headers.iter().map(header).collect::<Result<_, String>>()?,
        body: Body::of(&written(body, secrets)?),
    })
}

fn written(parts: &[Part], secrets: &[String]) -> Result<String, String> {
    let part = |part: &Part| match part {
        Part::Text(text) => Ok(text.clone()),
        Part::Secret(name) if secrets.contains(name) => Ok(written_secret(name)),
        Part::Secret(name) => {
            Err(format!("it asks for the secret {name:?}, which its `check` did not list, and so may not exist"))
        }
    };
    parts.iter().map(part).collect()
}

fn response(response: &Response) -> ChannelResponse {
    let Response { status, headers, body } = response;
    let headers = headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
    ChannelResponse { status: *status, headers, body: body.clone() }
}
