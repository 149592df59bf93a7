//! What a manager reads of a week: of a busy one, and of one in which nothing happened.

use super::*;
use bellwire_core::{AlertNoise, DeliveryFailures, Figures, Pages, PolicyFaults, Priority, PriorityFigures};
use bellwire_core::{Report, Times, Unattended};

const HOSTILE: &str = "</title><script>x</script>|*b*\n\u{1b}[2J\u{202e}[l](javascript:x)";

fn quiet() -> Report {
    Report {
        from: "2026-11-16T08:00:00Z".parse::<jiff::Timestamp>().map(at).unwrap_or_default(),
        until: "2026-11-23T08:00:00Z".parse::<jiff::Timestamp>().map(at).unwrap_or_default(),
        team: Some("payments".into()),
        priorities: vec![],
        total: Figures::default(),
        reopened: 0,
        carried: 0,
        hours: [0; 24],
        people: vec![],
        receivers: vec![],
        alerts: vec![],
        unattended: vec![],
        failures: vec![],
        faults: vec![],
        uncounted: 0,
    }
}

fn at(timestamp: jiff::Timestamp) -> Instant {
    Instant::from_millis(timestamp.as_millisecond().unsigned_abs())
}

fn busy() -> Report {
    let minutes =
        |mean: u64, median: u64| Some(Times { mean: Span::from_secs(mean * 60), median: Span::from_secs(median * 60) });
    let figures = Figures {
        opened: 12,
        acknowledged: 9,
        resolved: 10,
        still_open: 2,
        never_acknowledged: 2,
        unowned: 1,
        to_acknowledge: minutes(6, 4),
        to_resolve: minutes(95, 30),
    };
    let odd = Figures { opened: 1, still_open: 1, ..Figures::default() };
    let mut hours = [0; 24];
    (hours[3], hours[9]) = (9, 3);
    let unattended = |number, resolved_at| Unattended {
        incident: bellwire_core::IncidentId { team: "payments".into(), number },
        opened_at: quiet().from,
        priority: Some(Priority::P1),
        alert: Some(HOSTILE.into()),
        resolved_at,
    };
    Report {
        priorities: vec![
            PriorityFigures { priority: Some(Priority::P1), figures: figures.clone() },
            PriorityFigures { priority: None, figures: odd },
        ],
        total: figures,
        reopened: 1,
        carried: 1,
        hours,
        people: vec![("payments/ann".into(), Pages { pages: 10, at_night: 9, messages: 20 })],
        receivers: vec![("payments/oncall".into(), Pages { pages: 2, at_night: 0, messages: 2 })],
        alerts: vec![
            ("HighErrorRate".into(), AlertNoise { incidents: 8, reopened: 1, pages: 11 }),
            (HOSTILE.into(), AlertNoise { incidents: 4, reopened: 0, pages: 1 }),
        ],
        unattended: vec![unattended(7, None), unattended(8, Some(quiet().until))],
        failures: vec![(
            "payments/oncall".into(),
            DeliveryFailures { given_up: 1, repeated: 3, last: HOSTILE.repeat(5).into() },
        )],
        faults: vec![("payments/standard".into(), PolicyFaults { count: 2, last: HOSTILE.into() })],
        ..quiet()
    }
}

fn page(report: &Report, format: ReportFormat) -> String {
    let berlin = TimeZone::get("Europe/Berlin").ok();
    render_report(&ReportView::new(report, berlin), format).unwrap_or_else(|error| error.to_string())
}

#[track_caller]
fn has(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "no {part:?} in\n{page}");
    }
}

#[test]
fn a_quiet_week_says_so() {
    for format in [ReportFormat::Text, ReportFormat::Markdown, ReportFormat::Html] {
        let page = page(&quiet(), format);
        has(&page, &["No incidents", "nobody was paged", "Mon 16 Nov 2026 09:00 to Mon 23 Nov 2026 09:00"]);
        assert!(!page.contains("MTTA"), "{page}");
    }
    let subject = report_subject(&ReportView::new(&quiet(), None));
    assert_eq!(subject, "On-call report, payments: no incidents (16 Nov 2026 to 23 Nov 2026)");
}

#[test]
fn a_terminal_shows_a_busy_week_in_80_columns() {
    let page = page(&busy(), ReportFormat::Text);
    has(
        &page,
        &[
            "12 incidents opened: 9 acknowledged, 10 resolved, 2 still open.\n1 incident from before still open.\n",
            "12 pages went out, 9 at night (22:00 to 07:00).\n",
            "P1                12             9                   2        10           2\n",
            "undecided          1             0                   0         0           1\n",
            "P1                  6m          4m     1h 35m         30m\n",
            "undecided            -           -          -           -\n",
            "payments/ann                                 10         9\n",
            "03:00 night ############################## 9\n09:00       ##########",
            "HighErrorRate                                11          8          1\n",
            "payments-7       P1 Mon 16 Nov 2026 09:00  open",
            "payments-8       P1 Mon 16 Nov 2026 09:00  over",
            "payments/oncall: 1 given up, 3 tried again\n",
            "payments/standard: 2 times\n",
        ],
    );
    let wide: Vec<&str> = page.lines().filter(|line| line.chars().count() > 80).collect();
    assert_eq!(wide, [""; 0]);
    assert!(!page.contains(|c: char| c != '\n' && c.is_control()) && !page.contains('\u{202e}'));
}

#[test]
fn strangers_texts_are_texts_in_every_format() {
    let markdown = page(&busy(), ReportFormat::Markdown);
    has(&markdown, &["| payments/ann | 10 | 9 |\n", "\\|\\*b\\*", "\\[l\\](javascript:x)", "\\<script\\>"]);
    let rows = markdown.lines().filter(|line| line.starts_with("| HighErrorRate") || line.contains("script"));
    assert!(rows.clone().count() >= 5 && rows.clone().all(|row| row.ends_with('|')), "{markdown}");
    let html = page(&busy(), ReportFormat::Html);
    assert!(!html.contains("<script>") && html.contains("&lt;script&gt;"), "{html}");
    has(&html, &["<!DOCTYPE html>", "width=device-width", "payments&#x2f;ann", "1h 35m", "background:#27324a"]);
    assert!(!html.contains("style=\"\"") && !html.contains("&quot;"), "{html}");
}

#[test]
fn json_has_the_same_figures() {
    let view = ReportView::new(&busy(), None);
    let read: ReportView = serde_json::from_str(&page(&busy(), ReportFormat::Json)).unwrap_or_else(|_| view.clone());
    assert_eq!(ReportView { zone: "UTC".into(), ..read }, view);
    assert_eq!((view.pages, view.pages_at_night, view.unattended_count), (12, 9, 2));
    assert_eq!(view.total.seconds_to_acknowledge, Some(TimesView { mean: 360, median: 240 }));
    assert_eq!(report_subject(&view), "On-call report, payments: 12 incidents, 12 pages (16 Nov 2026 to 23 Nov 2026)");
}
