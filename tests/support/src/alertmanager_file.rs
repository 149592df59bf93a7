//! Alertmanager configurations made of a seed: a routing tree with matchers of every syntax, groups, waits, inhibition
//! and intervals, and alerts' labels that may match. All of them are sound, for Debian's Alertmanager (0.25) as well.

use fastrand::Rng;
use std::fmt::Write as _;

/// What labels and matchers are made of: few enough that they meet.
const LABELS: [(&str, [&str; 4]); 5] = [
    ("alertname", ["Down", "Slow", "DiskFull", "Watchdog"]),
    ("severity", ["critical", "warning", "info", "none"]),
    ("service", ["api", "api-v2", "db", "queue"]),
    ("team", ["payments", "platform", "search", "x.y"]),
    ("cluster", ["eu-1", "eu-2", "us-1", "us-2"]),
];
const PATTERNS: [&str; 8] =
    ["api.*", "eu-.+|us-1", "[a-c].*", ".*", ".+", "(critical|warning)", "D.*", r"x\\.y|p[^x]*"];
const DEPTH_MAX: usize = 4;

/// What a test asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intervals {
    /// Some routes are muted at times.
    Some,
    /// When it is makes no difference.
    None,
}

pub struct AlertmanagerFile {
    pub text: String,
    random: Rng,
}

impl AlertmanagerFile {
    /// Each receiver posts to `webhook_url/NAME`.
    pub fn of_seed(seed: u64, webhook_url: &str, intervals: Intervals) -> Self {
        let mut file = Self { text: String::new(), random: Rng::with_seed(seed) };
        let receivers = file.random.usize(2..=5);
        let intervals = if intervals == Intervals::Some { file.random.usize(1..=3) } else { 0 };
        file.text.push_str("route:\n");
        file.route(&Shape { receivers, intervals }, 1);
        file.inhibit_rules();
        file.intervals(intervals);
        file.text.push_str("receivers:\n");
        for index in 0..receivers {
            let resolved = if file.random.bool() { "" } else { "\n    send_resolved: false" };
            let webhook = format!("\n  webhook_configs:\n  - url: {webhook_url}/receiver-{index}{resolved}");
            // Whom nothing is configured for is told nothing; the first has everything that nobody else has.
            let webhook = if index > 0 && file.random.u8(..5) == 0 { String::new() } else { webhook };
            let _ = writeln!(file.text, "- name: receiver-{index}{webhook}");
        }
        file
    }

    /// Those of an alert; another one each time.
    pub fn labels(&mut self) -> Vec<(&'static str, &'static str)> {
        let mut labels = Vec::new();
        for (name, values) in LABELS {
            if name == "alertname" || self.random.u8(..4) > 0 {
                labels.push((name, values[self.random.usize(..values.len())]));
            }
        }
        labels
    }

    fn route(&mut self, shape: &Shape, depth: usize) {
        let indent = "  ".repeat(depth);
        let is_root = depth == 1;
        if is_root || self.random.u8(..3) > 0 {
            let receiver = if is_root { 0 } else { self.random.usize(..shape.receivers) };
            let _ = writeln!(self.text, "{indent}receiver: receiver-{receiver}");
        }
        if !is_root {
            self.matchers(&indent);
            if self.random.u8(..3) == 0 {
                let yes = self.pick(&["true", "yes", "on"]);
                let _ = writeln!(self.text, "{indent}continue: {yes}");
            }
            for key in ["mute_time_intervals", "active_time_intervals"] {
                if shape.intervals > 0 && self.random.u8(..4) == 0 {
                    let _ = writeln!(self.text, "{indent}{key}: [interval-{}]", self.random.usize(..shape.intervals));
                }
            }
        }
        self.grouping(&indent);
        let children = if depth == DEPTH_MAX { 0 } else { self.random.usize(0..=4 - depth / 2) };
        if children > 0 {
            let _ = writeln!(self.text, "{indent}routes:");
        }
        for _ in 0..children {
            // Every route has a line of its own; the dash takes the place of the first one's indentation.
            let begin = self.text.len();
            self.route(shape, depth + 1);
            self.text.replace_range(begin..begin + indent.len() + 2, &format!("{indent}- "));
        }
    }

    fn grouping(&mut self, indent: &str) {
        let groups = ["[]", "['...']", "[alertname]", "[alertname, cluster]", "[team, service, severity]"];
        if self.random.bool() {
            let labels = self.pick(&groups);
            let _ = writeln!(self.text, "{indent}group_by: {labels}");
        }
        for (key, lengths) in [
            ("group_wait", ["0s", "500ms", "1s", "30s"]),
            ("group_interval", ["1s", "2s", "1m", "1h30m"]),
            ("repeat_interval", ["1m", "4h", "1d", "1w"]),
        ] {
            if self.random.u8(..3) == 0 {
                let length = self.pick(&lengths);
                let _ = writeln!(self.text, "{indent}{key}: {length}");
            }
        }
    }

    /// Something for every route, so that no route is without a line.
    fn matchers(&mut self, indent: &str) {
        match self.random.u8(..5) {
            0 => {
                let (name, value) = self.label();
                let _ = writeln!(self.text, "{indent}match:\n{indent}  {name}: {value}");
            }
            1 => {
                let (name, _) = self.label();
                let pattern = self.pick(&PATTERNS);
                let _ = writeln!(self.text, "{indent}match_re:\n{indent}  {name}: \"{pattern}\"");
            }
            _ => {
                let count = self.random.usize(0..=3);
                let matchers: Vec<String> = (0..count).map(|_| self.matcher()).collect();
                let _ = writeln!(self.text, "{indent}matchers: [{}]", matchers.join(", "));
            }
        }
    }

    /// In single quotes, as YAML wants it.
    fn matcher(&mut self) -> String {
        let (name, value) = self.label();
        let pattern = self.pick(&PATTERNS);
        match self.random.u8(..8) {
            0 => format!("'{name}={value}'"),
            1 => format!("'{name} = \"{value}\"'"),
            2 => format!("'{name}!=\"{value}\"'"),
            3 => format!("'{name}=~\"{pattern}\"'"),
            4 => format!("'{name}!~\"{pattern}\"'"),
            5 => format!("'{{{name}=~\"{value}|x\", missing=\"\"}}'"),
            6 => format!("'{name}=\"\"'"),
            _ => format!("'{name}!=\"\",'"),
        }
    }

    fn inhibit_rules(&mut self) {
        let count = self.random.usize(0..=2);
        if count > 0 {
            self.text.push_str("inhibit_rules:\n");
        }
        for _ in 0..count {
            let (source, target) = (self.matcher(), self.matcher());
            let (name, value) = self.label();
            let equal = self.pick(&["[]", "[cluster]", "[alertname, cluster]"]);
            let old = if self.random.bool() { format!("  source_match: {{{name}: {value}}}\n") } else { String::new() };
            let _ = write!(
                self.text,
                "- source_matchers: [{source}]\n{old}  target_matchers: [{target}]\n  equal: {equal}\n"
            );
        }
    }

    fn intervals(&mut self, count: usize) {
        if count > 0 {
            self.text.push_str("time_intervals:\n");
        }
        for index in 0..count {
            let hours =
                self.pick(&["{start_time: '09:00', end_time: '17:00'}", "{start_time: 22:00, end_time: 24:00}"]);
            let days = self.pick(&["monday:friday", "saturday", "Sunday:Saturday"]);
            let more = self.pick(&[
                "",
                ", location: Europe/Berlin",
                ", months: ['1:3', may]",
                ", days_of_month: ['-3:-1', '1']",
            ]);
            let _ = writeln!(
                self.text,
                "- name: interval-{index}\n  time_intervals:\n  - {{times: [{hours}], weekdays: ['{days}']{more}}}"
            );
        }
    }

    fn label(&mut self) -> (&'static str, &'static str) {
        let (name, values) = LABELS[self.random.usize(..LABELS.len())];
        (name, values[self.random.usize(..values.len())])
    }

    fn pick<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.random.usize(..texts.len())]
    }
}

struct Shape {
    receivers: usize,
    intervals: usize,
}
