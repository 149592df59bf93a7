//! Debian's `amtool` as the judge: which files are sound, and which receivers an alert has. Where it cannot be had, a
//! line says so and these tests are skipped; in CI that is a failure.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking")]
#![expect(clippy::disallowed_methods, reason = "threads that start programs, and the wall clock that these go by")]

mod side_by_side;

use bellwire_alertmanager::Config;
use bellwire_core::Labels;
use bellwire_support::{
    alertmanager_file::{AlertmanagerFile, Intervals},
    debian::{self, Found, Program, or_skip},
};
use std::{fs, path::Path, process::Command, thread};

/// What the two say of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// Both take it.
    Good,
    /// Neither takes it.
    Bad,
    /// Alertmanager 0.28 takes it and so do we; Debian's 0.25 does not yet.
    Newer,
    /// It crashes Alertmanager, or means nothing there; we do not take it.
    Stricter,
}

use Verdict::{Bad, Good, Newer, Stricter};

/// Whole files.
const FILES: [(Verdict, &str); 20] = [
    (Good, "route: {receiver: a}\nreceivers: [{name: a}]"),
    (Good, "global:\nroute: {receiver: a}\nreceivers: [{name: a}]\n---\nwhat: ever"),
    (Good, "{route: {receiver: a}, receivers: [{name: a}], templates: ['/nowhere/*.tmpl']}"),
    (Bad, ""),
    (Bad, "{}"),
    (Bad, "text"),
    (Bad, "[1]"),
    (Bad, "route:\n\treceiver: a"),
    (Bad, "route: {receiver: a}"),
    (Bad, "route: {}\nreceivers: [{name: a}]"),
    (Bad, "route: {receiver: ~}\nreceivers: [{name: a}]"),
    (Bad, "route: {receiver: b}\nreceivers: [{name: a}]"),
    (Bad, "route: {receiver: a, receiver: a}\nreceivers: [{name: a}]"),
    (Bad, "route: {receiver: a}\nreceivers: [{name: a}, {name: a}]"),
    (Bad, "route: {receiver: a}\nreceivers: [{name: a}, {}]"),
    (Bad, "route: {receiver: a}\nreceivers: {name: a}"),
    (Bad, "route: {receiver: a}\nreceivers: [{name: a}]\nfoo: 1"),
    (Bad, "route: {receiver: *nowhere}\nreceivers: [{name: a}]"),
    (Bad, "route: &r {receiver: a, routes: [*r]}\nreceivers: [{name: a}]"),
    (Stricter, "route: {receiver: a, routes: [null]}\nreceivers: [{name: a}]"),
];

/// What is in the root route of a file that is sound otherwise, beside `receiver: a`.
const ROOTS: [(Verdict, &str); 33] = [
    (Good, "group_by: []"),
    (Good, "group_by: ['...']"),
    (Good, "group_by: ['...', '...']"),
    (Good, "group_by: [a, b], group_wait: 0, group_interval: 1w2d, repeat_interval: 1y"),
    (Good, "group_wait: , group_interval: 1h30m, repeat_interval: 5m250ms"),
    (Good, "routes: [{continue: yes}, {continue: off}, {continue: }]"),
    (Good, "routes: [{receiver: ''}, {receiver: ~}, {}]"),
    (Good, "routes: [&x {receiver: a, matchers: [a=b]}, {<<: *x, continue: true}]"),
    (Bad, "group_by: a"),
    (Bad, "group_by: ['...', a]"),
    (Bad, "group_by: [a, a]"),
    (Bad, "group_by: ['']"),
    (Newer, "group_by: ['a b']"),
    (Bad, "group_wait: 30"),
    (Bad, "group_wait: -5s"),
    (Bad, "group_wait: ''"),
    (Bad, "group_wait: 1.5h"),
    (Bad, "group_wait: 30m1h"),
    (Bad, "group_wait: 300y"),
    (Bad, "group_wait: [1]"),
    (Bad, "group_interval: 0s"),
    (Bad, "repeat_interval: 0"),
    (Bad, "continue: true"),
    (Bad, "match: {a: b}"),
    (Bad, "match_re: {a: b}"),
    (Bad, "matchers: [a=b]"),
    (Bad, "mute_time_intervals: [x]"),
    (Bad, "active_time_intervals: [x]"),
    (Bad, "routes: [{receiver: b}]"),
    (Bad, "routes: [{mute_time_intervals: [x]}]"),
    (Bad, "routes: [{continue: 'true'}]"),
    (Bad, "routes: [{continue: 1}]"),
    (Bad, "routes: [{recevier: a}]"),
];

/// What is in a child of the root.
const MATCHERS: [(Verdict, &str); 25] = [
    (Good, "match: {a: 1, b: true, c: null}"),
    (Good, "match_re: {a: 5, b: 'x|y', c: 'x{', d: '\\Qa.b\\E', e: '[[a]&&b]'}"),
    (Good, "matchers: ['', '{}', 'a=b,', '{a=\"x,y\",b!~c}', ' a:b = \"c\" ']"),
    (Good, "matchers: ['a=', 'a=\"\"', 'a=\"q\\\"q\"', 'a=b\\c']"),
    (Good, "matchers: "),
    (Good, "match: , match_re: {}"),
    (Good, "matchers: ['a=~\"(?i)x|(?P<n>y)\"', 'a!~\"\\\\d{2,}\"']"),
    (Bad, "matchers: a=b"),
    (Bad, "matchers: {a: b}"),
    (Bad, "matchers: [a]"),
    (Bad, "matchers: ['=b']"),
    (Bad, "matchers: ['a=b,,c=d']"),
    (Bad, "matchers: ['a=\"b']"),
    (Bad, "matchers: ['a=b\"c\"']"),
    (Bad, "matchers: ['a=\"b\\\"']"),
    (Bad, "matchers: ['a=~\"(\"']"),
    (Bad, "matchers: ['a=~\"(?=x)\"']"),
    (Bad, "matchers: [1]"),
    (Newer, "matchers: ['\"a b\"=c']"),
    (Newer, "matchers: ['größe=\"x\"']"),
    (Bad, "match_re: {a: '('}"),
    (Bad, "match_re: {a: }"),
    (Bad, "match: {'a:b': c}"),
    (Bad, "match: {'a b': c}"),
    (Bad, "match: {a: b, a: c}"),
];

/// What is in the receiver `a`.
const RECEIVERS: [(Verdict, &str); 55] = [
    (Good, "webhook_configs: [{url: 'http://x/', max_alerts: 5, send_resolved: no}]"),
    (Newer, "webhook_configs: [{url_file: /x, timeout: 1m30s}]"),
    (Bad, "webhook_configs: [{}]"),
    (Bad, "webhook_configs: [{url: 'ftp://x/'}]"),
    (Bad, "webhook_configs: [{url: 'http://'}]"),
    (Bad, "webhook_configs: [{url: 'http://x/', max_alerts: -1}]"),
    (Bad, "webhook_configs: [{url: 'http://x/', max_alerts: '5'}]"),
    (Bad, "webhook_configs: [{url: 'http://x/', http_config: {bearer_token: a, basic_auth: {username: b}}}]"),
    (Bad, "webhook_configs: [{url: 'http://x/', http_config: {authorization: {type: Basic, credentials: b}}}]"),
    (
        Good,
        "webhook_configs: [{url: 'http://x/', http_config: {authorization: {credentials: b}, proxy_url: 'http://p'}}]",
    ),
    (Bad, "webhook_configs: {url: 'http://x/'}"),
    (Stricter, "webhook_configs: [null]"),
    (Good, "slack_configs: [{api_url: 'https://x/', channel: '#c', fields: [{title: a, value: b, short: true}]}]"),
    (Good, "slack_configs: [{api_url_file: /x, actions: [{type: button, text: b, url: c}], mrkdwn_in: [text]}]"),
    (Bad, "slack_configs: [{channel: '#c'}]"),
    (Bad, "slack_configs: [{api_url: 'https://x/', api_url_file: /x}]"),
    (Bad, "slack_configs: [{api_url: 'https://x/', fields: [{title: a}]}]"),
    (Bad, "slack_configs: [{api_url: 'https://x/', actions: [{type: button, text: b}]}]"),
    (Bad, "slack_configs: [{api_url: 'https://x/', chanel: '#c'}]"),
    (Good, "email_configs: [{to: x, from: y, smarthost: 'h:25', headers: {A: b}, require_tls: false}]"),
    (Bad, "email_configs: [{to: x, from: y}]"),
    (Bad, "email_configs: [{to: x, smarthost: 'h:25'}]"),
    (Bad, "email_configs: [{from: y, smarthost: 'h:25'}]"),
    (Bad, "email_configs: [{to: x, from: y, smarthost: h}]"),
    (Bad, "email_configs: [{to: x, from: y, smarthost: 'h:'}]"),
    (Bad, "email_configs: [{to: x, from: y, smarthost: 'h:25', headers: {Subject: a, subject: b}}]"),
    (Good, "pagerduty_configs: [{routing_key: x, details: {a: b}, links: [{href: x, text: y}], images: [{src: z}]}]"),
    (Good, "pagerduty_configs: [{service_key: x, severity: '{{ .X }}'}, {routing_key_file: /x}]"),
    (Bad, "pagerduty_configs: [{description: x}]"),
    (Bad, "pagerduty_configs: [{routing_key: x, routing_key_file: y}]"),
    (Bad, "pagerduty_configs: [{routing_key: x, details: {a: b, a: c}}]"),
    (Good, "opsgenie_configs: [{api_key: x, responders: [{name: a, type: Team}, {id: b, type: '{{ .X }}'}]}]"),
    (Bad, "opsgenie_configs: [{message: x}]"),
    (Bad, "opsgenie_configs: [{api_key: x, responders: [{type: team}]}]"),
    (Bad, "opsgenie_configs: [{api_key: x, responders: [{name: a, type: nobody}]}]"),
    (Good, "victorops_configs: [{api_key: x, routing_key: y, custom_fields: {a: b}}]"),
    (Bad, "victorops_configs: [{api_key: x}]"),
    (Bad, "victorops_configs: [{api_key: x, routing_key: y, custom_fields: {entity_id: b}}]"),
    (Good, "wechat_configs: [{api_secret: x, corp_id: y, message_type: markdown}]"),
    (Bad, "wechat_configs: [{api_secret: x}]"),
    (Bad, "wechat_configs: [{api_secret: x, corp_id: y, message_type: html}]"),
    (Good, "pushover_configs: [{user_key: x, token: y, retry: 1m30s, expire: 1h}]"),
    (Bad, "pushover_configs: [{user_key: x}]"),
    (Bad, "pushover_configs: [{user_key: x, token: y, retry: 1d}]"),
    (Good, "sns_configs: [{topic_arn: x, sigv4: {region: y}}]"),
    (Bad, "sns_configs: [{topic_arn: x, target_arn: y}]"),
    (Bad, "sns_configs: [{topic_arn: x, sigv4: {access_key: y}}]"),
    (Good, "telegram_configs: [{bot_token: x, chat_id: -100123, parse_mode: MarkdownV2}]"),
    (Bad, "telegram_configs: [{bot_token: x}]"),
    (Bad, "telegram_configs: [{bot_token: x, chat_id: 5, parse_mode: Html}]"),
    (Good, "discord_configs: [{webhook_url: 'https://x/'}]"),
    (Bad, "discord_configs: [{title: x}]"),
    (Good, "webex_configs: [{room_id: x, http_config: {authorization: {credentials: y}}}]"),
    (Bad, "webex_configs: [{room_id: x}]"),
    (Newer, "msteamsv2_configs: [{webhook_url: 'https://x/', title: t}]"),
];

/// What is at the top of a file that is sound otherwise.
const TOPS: [(Verdict, &str); 31] = [
    (Good, "global: {resolve_timeout: 5m, slack_api_url: 'https://x/', smtp_smarthost: 'h:25', smtp_from: x}"),
    (Bad, "global: {slack_api_url: 'x'}"),
    (Bad, "global: {slack_api_url: 'https://x/', slack_api_url_file: /x}"),
    (Bad, "global: {opsgenie_api_key: x, opsgenie_api_key_file: /x}"),
    (Bad, "global: {resolve_timeout: soon}"),
    (Bad, "global: {smtp_require_tls: 'yes'}"),
    (Newer, "global: {rocketchat_token: x}"),
    (Good, "inhibit_rules: [{source_match: {a: b}, target_matchers: ['x=~\"y|z\"'], equal: [a, a]}, {}]"),
    (Bad, "inhibit_rules: [{source_match: {'a b': c}}]"),
    (Bad, "inhibit_rules: [{source_match_re: {a: '('}}]"),
    (Bad, "inhibit_rules: [{target_matchers: [x]}]"),
    (Newer, "inhibit_rules: [{equal: ['a b']}]"),
    (Bad, "inhibit_rules: [{equals: [a]}]"),
    (Good, "time_intervals: [{name: t}, {name: u, time_intervals: [{}, {times: []}]}]"),
    (
        Good,
        "mute_time_intervals: [{name: t, time_intervals: [{weekdays: ['monday:friday', Sunday], months: ['january:3', may, 12]}]}]",
    ),
    (
        Good,
        "time_intervals: [{name: t, time_intervals: [{days_of_month: ['1:5', '-3:-1', '10:-1'], years: [2020, '2020:2022']}]}]",
    ),
    (
        Good,
        "time_intervals: [{name: t, time_intervals: [{times: [{start_time: 09:00, end_time: '24:00'}], location: Europe/Berlin}]}]",
    ),
    (Bad, "time_intervals: [{name: t}, {name: t}]"),
    (Bad, "time_intervals: [{name: t}]\nmute_time_intervals: [{name: t}]"),
    (Bad, "time_intervals: [{time_intervals: []}]"),
    (Bad, "time_intervals: [{name: t, time_intervals: [{weekdays: monday}]}]"),
    (Bad, "time_intervals: [{name: t, time_intervals: [{weekdays: ['saturday:sunday']}]}]"),
    (Bad, "time_intervals: [{name: t, time_intervals: [{weekdays: ['monday: friday']}]}]"),
    (Bad, "time_intervals: [{name: t, time_intervals: [{days_of_month: ['5:1']}]}]"),
    (Bad, "time_intervals: [{name: t, time_intervals: [{days_of_month: ['-1:5']}]}]"),
    (Bad, "time_intervals: [{name: t, time_intervals: [{days_of_month: ['20:-10']}]}]"),
    (Bad, "time_intervals: [{name: t, time_intervals: [{days_of_month: [32]}]}]"),
    (Bad, "time_intervals: [{name: t, time_intervals: [{times: [{start_time: '17:00', end_time: '09:00'}]}]}]"),
    (Bad, "time_intervals: [{name: t, time_intervals: [{times: [{start_time: '9:00', end_time: '10:00'}]}]}]"),
    (Bad, "time_intervals: [{name: t, time_intervals: [{times: [{start_time: '09:00'}]}]}]"),
    (Bad, "time_intervals: [{name: t, time_intervals: [{location: Nowhere/X}]}]"),
];

fn table() -> Vec<(Verdict, String)> {
    let whole = |rows: &[(Verdict, &str)], file: fn(&str) -> String| -> Vec<(Verdict, String)> {
        rows.iter().map(|(verdict, part)| (*verdict, file(part))).collect()
    };
    [
        whole(&FILES, str::to_owned),
        whole(&ROOTS, |root| format!("route: {{receiver: a, {root}}}\nreceivers: [{{name: a}}]")),
        whole(&MATCHERS, |child| format!("route: {{receiver: a, routes: [{{{child}}}]}}\nreceivers: [{{name: a}}]")),
        whole(&RECEIVERS, |receiver| format!("route: {{receiver: a}}\nreceivers: [{{name: a, {receiver}}}]")),
        whole(&TOPS, |top| format!("route: {{receiver: a}}\nreceivers: [{{name: a}}]\n{top}")),
    ]
    .concat()
}

fn amtool() -> Option<Found> {
    or_skip(debian::program(Program::Amtool))
}

/// Which of the files `amtool check-config` takes. One that crashes it is asked about alone.
fn taken(amtool: &Found, folder: &Path, texts: &[&str]) -> Vec<bool> {
    let taken = |(index, text): (usize, &&str)| {
        let path = folder.join(format!("{index}.yml"));
        fs::write(&path, text).unwrap();
        amtool.command().arg("check-config").arg(&path).output().unwrap().status.success()
    };
    texts.iter().enumerate().map(taken).collect()
}

#[test]
fn takes_what_alertmanager_takes() {
    let Some(amtool) = amtool() else { return };
    let folder = tempfile::tempdir().unwrap();
    let table = table();
    let texts: Vec<&str> = table.iter().map(|(_, text)| text.as_str()).collect();
    let mut wrong = Vec::new();
    for ((verdict, text), theirs) in table.iter().zip(taken(&amtool, folder.path(), &texts)) {
        let ours = Config::parse("alertmanager.yml", text);
        let expected = match verdict {
            Good => (true, true),
            Bad | Stricter => (false, false),
            Newer => (true, false),
        };
        if (ours.is_ok(), theirs) != expected {
            let said = ours.err().map(|report| report.to_string()).unwrap_or_default();
            wrong.push(format!("{verdict:?}, and theirs is {theirs}:\n{text}\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn takes_what_is_generated_and_so_does_alertmanager() {
    let Some(amtool) = amtool() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut command = amtool.command();
    command.arg("check-config");
    for seed in 0..300 {
        let file = AlertmanagerFile::of_seed(seed, "http://127.0.0.1:9", Intervals::Some);
        Config::parse("alertmanager.yml", &file.text).unwrap_or_else(|report| panic!("{report}\n{}", file.text));
        let path = folder.path().join(format!("{seed}.yml"));
        fs::write(&path, &file.text).unwrap();
        command.arg(path);
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let failed = || said.lines().filter(|line| line.contains("FAILED")).collect::<Vec<_>>().join("\n");
    assert!(output.status.success(), "{}", failed());
}

/// The labels of one alert, and what each of the two says who has it.
fn disagreement(amtool: &Found, folder: &Path, seed: u64) -> Option<String> {
    let mut file = AlertmanagerFile::of_seed(seed, "http://127.0.0.1:9", Intervals::Some);
    let labels = file.labels();
    let path = folder.join(format!("{seed}.yml"));
    fs::write(&path, &file.text).unwrap();
    let mut command: Command = amtool.command();
    command.args(["config", "routes", "test"]).arg(format!("--config.file={}", path.display()));
    command.args(labels.iter().map(|(name, value)| format!("{name}={value}")));
    let output = command.output().unwrap();
    let theirs = String::from_utf8(output.stdout).unwrap();
    let config = Config::parse("alertmanager.yml", &file.text).unwrap();
    let routes = config.route(&Labels::from_pairs(labels.iter().copied()));
    let ours: Vec<&str> = routes.iter().map(|route| route.options.receiver.value.as_str()).collect();
    let ours = ours.join(",");
    (ours != theirs.trim()).then(|| format!("seed {seed}, {labels:?}: ours {ours}, theirs {theirs}\n{}", file.text))
}

#[test]
fn routes_as_alertmanager_does_on_a_thousand_trees() {
    const TREES: u64 = 1_000;
    const THREADS: u64 = 4;
    let Some(amtool) = amtool() else { return };
    let folder = tempfile::tempdir().unwrap();
    let ask = |thread: u64| {
        let mut seeds = (thread..TREES).step_by(usize::try_from(THREADS).unwrap());
        seeds.find_map(|seed| disagreement(&amtool, folder.path(), seed))
    };
    let found: Vec<String> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|thread| scope.spawn(move || ask(thread))).collect();
        threads.into_iter().filter_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(found.is_empty(), "{}", found.join("\n"));
}
