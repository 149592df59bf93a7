//! The pages behind a link in a mail: plain HTML for any browser, no script, nothing loaded, nothing kept. Pure.

use crate::{
    backend::ActionLink,
    view::{IncidentDetail, IncidentSummary, NoticeView},
    when::readable,
};
use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use std::{fmt::Write, sync::LazyLock};

const STYLE: &str = "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}\
    h1{font-size:1.4rem}button{font:inherit;padding:.6rem 1rem;margin:0 .5rem .5rem 0;min-width:9rem}\
    .outcome{border-left:.3rem solid #06c;padding-left:.7rem;font-weight:600}small{color:#555}";
/// Shown of each.
const ALERTS_MAX: usize = 5;
const TOLD_MAX: usize = 20;

/// Only our style, only our form, and in nobody's frame: a page that overlays these buttons would have them pressed unseen.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
});

pub(crate) struct Page {
    status: StatusCode,
    body: String,
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let headers = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CONTENT_SECURITY_POLICY, &**POLICY),
            (header::CACHE_CONTROL, "no-store"),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::X_FRAME_OPTIONS, "DENY"),
            (header::HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
        ];
        (self.status, headers, self.body).into_response()
    }
}

/// One sentence, where there is no more to show.
pub(super) fn message(status: StatusCode, sentence: &str) -> Page {
    page(status, "Bellwire", &format!("<p class=\"outcome\">{}</p>\n", escape(sentence)))
}

/// `said`: what became of the button that was pressed.
pub(super) fn incident(status: StatusCode, said: Option<&str>, detail: &IncidentDetail, link: &ActionLink) -> Page {
    let IncidentSummary { id, state, priority, reason, opened_at, acknowledged, snoozed_until, .. } = &detail.incident;
    let mut body = format!("<h1>{}</h1>\n", escape(&title(detail)));
    // Writing to a text cannot fail.
    if let Some(said) = said {
        let _ = writeln!(body, "<p class=\"outcome\" role=\"status\">{}</p>", escape(said));
    }
    let mut standing = format!("{id}, {}, {state}", priority.as_deref().unwrap_or("no priority yet"));
    if let Some(acknowledged) = acknowledged {
        let _ = write!(standing, " by {} at {}", acknowledged.by, readable(&acknowledged.at));
    }
    if let Some(until) = snoozed_until {
        let _ = write!(standing, " until {}", readable(until));
    }
    if let Some(quiet) = detail.incident.quiet() {
        let _ = write!(standing, ", {quiet}");
    }
    let _ = writeln!(body, "<p><strong>{}</strong><br>{}</p>", escape(&standing), escape(reason));
    let _ = writeln!(body, "<p>Open since {}.</p>", escape(&readable(opened_at)));
    match detail.incident.symptoms {
        0 => {}
        1 => body.push_str("<p>It explains 1 alert of another incident.</p>\n"),
        count => {
            let _ = writeln!(body, "<p>It explains {count} alerts of other incidents.</p>");
        }
    }
    list(
        &mut body,
        "Alerts",
        detail.alerts.iter().map(|alert| {
            let summary = alert.annotations.get("summary").or_else(|| alert.labels.get("alertname"));
            format!("{} ({})", summary.map_or("", String::as_str), alert.state)
        }),
        ALERTS_MAX,
    );
    list(&mut body, "Told", detail.notices.iter().filter(|notice| notice.state == "delivered").map(told), TOLD_MAX);
    buttons(&mut body, &detail.incident);
    let _ = writeln!(
        body,
        "<p><small>You act as {}. This link is yours alone, and holds until {}.</small></p>",
        escape(&link.by),
        escape(&readable(&link.expires_at.to_string()))
    );
    page(status, id, &body)
}

fn title(detail: &IncidentDetail) -> String {
    let group: Vec<&str> = detail.incident.group.values().map(String::as_str).collect();
    if group.is_empty() { detail.incident.id.clone() } else { group.join(", ") }
}

fn told(notice: &NoticeView) -> String {
    format!("{} at {}", notice.receiver, readable(&notice.at))
}

fn list(body: &mut String, heading: &str, items: impl Iterator<Item = String>, max: usize) {
    let items: Vec<String> = items.collect();
    if items.is_empty() {
        return;
    }
    let _ = writeln!(body, "<h2>{heading}</h2>\n<ul>");
    for item in items.iter().take(max) {
        let _ = writeln!(body, "<li>{}</li>", escape(item));
    }
    if items.len() > max {
        let _ = writeln!(body, "<li>and {} more</li>", items.len() - max);
    }
    body.push_str("</ul>\n");
}

/// They carry the revision that the page shows, so that an escalate of a page long open is not taken for one of now.
fn buttons(body: &mut String, incident: &IncidentSummary) {
    let first = match incident.state.as_str() {
        "resolved" => return body.push_str("<p>It is resolved: there is nothing to do.</p>\n"),
        "acknowledged" => ("unacknowledge", "Give it back"),
        _ => ("acknowledge", "Acknowledge"),
    };
    let _ = writeln!(
        body,
        "<form method=\"post\">\n<input type=\"hidden\" name=\"revision\" value=\"{}\">",
        incident.revision
    );
    for (action, words) in [first, ("snooze", "Snooze 1 h"), ("escalate", "Escalate"), ("resolve", "Resolve")] {
        let _ = writeln!(body, "<button name=\"action\" value=\"{action}\">{words}</button>");
    }
    body.push_str("</form>\n");
}

fn page(status: StatusCode, title: &str, body: &str) -> Page {
    let title = escape(title);
    let body = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex, nofollow\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    );
    Page { status, body }
}

/// For text between tags and in quoted attributes.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(character),
        }
    }
    escaped
}
