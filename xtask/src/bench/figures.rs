//! What was measured: medians, ratios, targets, as a table and as JSON.

use super::{machine::Machine, rows::Scale};
use bellwire_support::load::Report;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
    time::Duration,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    Bellwire,
    Alertmanager,
}

/// In the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Figure {
    New,
    NewP99,
    NewCpu,
    NewResident,
    Again,
    AgainCpu,
    Single,
    SingleP99,
    SingleCpu,
    LatencyP50,
    LatencyP99,
    LatencyMax,
    Groups,
    GroupsP99,
    GroupsResident,
    Storm,
    StormP99,
}

/// What is to be reached: the design's figures.
enum Target {
    /// Ours by theirs.
    AtLeast(f64),
    AtMost(f64),
    /// Ours alone.
    OursBelow(f64),
    /// Ours is not above this of theirs.
    BelowTheir(Figure),
}

impl Figure {
    const ALL: [Self; 17] = [
        Self::New,
        Self::NewP99,
        Self::NewCpu,
        Self::NewResident,
        Self::Again,
        Self::AgainCpu,
        Self::Single,
        Self::SingleP99,
        Self::SingleCpu,
        Self::LatencyP50,
        Self::LatencyP99,
        Self::LatencyMax,
        Self::Groups,
        Self::GroupsP99,
        Self::GroupsResident,
        Self::Storm,
        Self::StormP99,
    ];

    fn text(self, scale: &Scale) -> (String, &'static str) {
        match self {
            Self::New => (format!("{} new alerts, batch 64, 100 groups", thousands(scale.new)), "alerts/s"),
            Self::NewP99 => ("  p99 of a request".into(), "ms"),
            Self::NewCpu => ("  CPU of the server".into(), "µs/alert"),
            Self::NewResident => ("  memory".into(), "B/alert"),
            Self::Again => ("the same again, unchanged".into(), "alerts/s"),
            Self::AgainCpu => ("  CPU of the server".into(), "µs/alert"),
            Self::Single => (format!("{} new alerts, one a request", thousands(scale.single)), "requests/s"),
            Self::SingleP99 => ("  p99 of a request".into(), "ms"),
            Self::SingleCpu => ("  CPU of the server".into(), "µs/alert"),
            Self::LatencyP50 => (format!("POST → webhook, idle, {} samples: p50", scale.latency), "ms"),
            Self::LatencyP99 => ("  p99".into(), "ms"),
            Self::LatencyMax => ("  max".into(), "ms"),
            Self::Groups => (format!("{} new alerts, a group each", thousands(scale.groups)), "alerts/s"),
            Self::GroupsP99 => ("  p99 of a request".into(), "ms"),
            Self::GroupsResident => ("  memory".into(), "B/group"),
            Self::Storm => (format!("{} groups, each told at once", thousands(scale.storm)), "groups/s"),
            Self::StormP99 => ("  p99 of a request meanwhile".into(), "ms"),
        }
    }

    fn target(self) -> Option<Target> {
        match self {
            Self::New | Self::Storm => Some(Target::AtLeast(5.0)),
            Self::Again => Some(Target::AtLeast(10.0)),
            Self::Single => Some(Target::AtLeast(3.0)),
            Self::LatencyP50 => Some(Target::AtMost(1.5)),
            Self::LatencyP99 => Some(Target::BelowTheir(Self::LatencyMax)),
            Self::NewResident => Some(Target::OursBelow(600.0)),
            Self::GroupsResident => Some(Target::OursBelow(1_600.0)),
            Self::StormP99 => Some(Target::OursBelow(100.0)),
            Self::NewP99 | Self::NewCpu | Self::AgainCpu | Self::SingleP99 | Self::SingleCpu => None,
            Self::LatencyMax | Self::Groups | Self::GroupsP99 => None,
        }
    }
}

/// Of one run of one row.
#[derive(Default)]
pub struct Measured {
    values: Vec<(Figure, f64)>,
    generator_cpu: Duration,
    elapsed: Duration,
}

impl Measured {
    pub fn set(&mut self, figure: Figure, value: f64) {
        self.values.push((figure, value));
    }

    /// The load generator shares the machine: what it took is said.
    pub fn generator(&mut self, reports: &[&Report]) {
        self.generator_cpu = reports.iter().map(|report| report.client_cpu).sum();
        self.elapsed = reports.iter().map(|report| report.elapsed).sum();
    }
}

#[derive(Default)]
pub struct Figures {
    runs: BTreeMap<(Figure, Side), Vec<f64>>,
    /// CPU time and time of the load generator.
    generator: BTreeMap<Side, (Duration, Duration)>,
}

impl Figures {
    pub fn add(&mut self, side: Side, measured: Measured) {
        let (cpu, elapsed) = self.generator.entry(side).or_default();
        *cpu += measured.generator_cpu;
        *elapsed += measured.elapsed;
        for (figure, value) in measured.values {
            self.runs.entry((figure, side)).or_default().push(value);
        }
    }

    /// In Markdown, so that it can be quoted.
    pub fn table(&self, scale: &Scale) -> String {
        let mut table = format!(
            "| {:44} | {:10} | {:>9} | {:>12} | {:>6} | {:16} |\n",
            "", "unit", "Bellwire", "Alertmanager", "ratio", "target"
        );
        table += &format!("|{:-<46}|{:-<12}|{:->11}|{:->14}|{:->8}|{:-<18}|\n", "", "", "", "", "", "");
        for figure in Figure::ALL {
            let Some(ours) = self.median(figure, Side::Bellwire) else { continue };
            let theirs = self.median(figure, Side::Alertmanager);
            let (text, unit) = figure.text(scale);
            let ratio = theirs.map_or(String::new(), |theirs| format!("{:.2}", ours / theirs));
            let theirs = theirs.map_or(String::new(), readable);
            let target = self
                .judged(figure)
                .map_or(String::new(), |(text, met)| format!("{text}: {}", if met { "met" } else { "missed" }));
            // Writing to a string does not fail.
            let _ = writeln!(
                table,
                "| {text:44} | {unit:10} | {:>9} | {theirs:>12} | {ratio:>6} | {target:16} |",
                readable(ours)
            );
        }
        for (side, (cpu, elapsed)) in self.generator.iter().filter(|(_, (_, elapsed))| !elapsed.is_zero()) {
            let share = cpu.as_secs_f64() / elapsed.as_secs_f64();
            let _ = writeln!(table, "\nThe load generator took {share:.2} CPUs beside {side}.");
        }
        table
    }

    pub fn json(&self, machine: &Machine, runs: usize) -> Value {
        let figures = Figure::ALL.into_iter().filter_map(|figure| {
            let ours = self.median(figure, Side::Bellwire)?;
            let theirs = self.median(figure, Side::Alertmanager);
            let judged = self.judged(figure);
            Some(json!({
                "figure": format!("{figure:?}"),
                "bellwire": ours,
                "alertmanager": theirs,
                "ratio": theirs.map(|theirs| ours / theirs),
                "target": judged.as_ref().map(|(text, _)| text),
                "met": judged.as_ref().map(|(_, met)| met),
                "bellwire_runs": self.runs.get(&(figure, Side::Bellwire)),
                "alertmanager_runs": self.runs.get(&(figure, Side::Alertmanager)),
            }))
        });
        json!({ "machine": machine.json(), "runs": runs, "figures": figures.collect::<Vec<_>>() })
    }

    /// The target in words, and whether it is met; none where there is none, or nothing to compare with.
    fn judged(&self, figure: Figure) -> Option<(String, bool)> {
        let ours = self.median(figure, Side::Bellwire)?;
        let theirs = |figure| self.median(figure, Side::Alertmanager);
        Some(match figure.target()? {
            Target::AtLeast(ratio) => (format!("≥ {ratio} ×"), ours >= ratio * theirs(figure)?),
            Target::AtMost(ratio) => (format!("≤ {ratio} ×"), ours <= ratio * theirs(figure)?),
            Target::OursBelow(limit) => (format!("≤ {}", readable(limit)), ours <= limit),
            Target::BelowTheir(other) => {
                let limit = theirs(other)?;
                (format!("≤ {}", readable(limit)), ours <= limit)
            }
        })
    }

    fn median(&self, figure: Figure, side: Side) -> Option<f64> {
        let mut values = self.runs.get(&(figure, side))?.clone();
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        match values.len() % 2 {
            1 => values.get(middle).copied(),
            _ => Some((values.get(middle.checked_sub(1)?)? + values.get(middle)?) / 2.0),
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Bellwire => "Bellwire",
            Self::Alertmanager => "Alertmanager",
        })
    }
}

/// One line, while it runs.
impl fmt::Display for Measured {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (figure, value) in &self.values {
            write!(formatter, " {figure:?} {}", readable(*value))?;
        }
        Ok(())
    }
}

/// Three digits that mean something, thousands apart.
fn readable(value: f64) -> String {
    match value {
        value if value >= 1_000.0 => {
            let value = value.round() as u64;
            match value / 1_000 {
                thousands if thousands >= 1_000 => {
                    format!("{},{:03},{:03}", thousands / 1_000, thousands % 1_000, value % 1_000)
                }
                thousands => format!("{thousands},{:03}", value % 1_000),
            }
        }
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

fn thousands(count: u32) -> String {
    match count % 1_000 {
        0 => format!("{} k", count / 1_000),
        _ => count.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(values: &[(Figure, Side, &[f64])]) -> Figures {
        let mut figures = Figures::default();
        for (figure, side, values) in values {
            figures.runs.insert((*figure, *side), values.to_vec());
        }
        figures
    }

    #[test]
    fn a_target_is_judged_by_medians() {
        let judged = |ours: &[f64], theirs: &[f64]| {
            let figures = figures(&[(Figure::New, Side::Bellwire, ours), (Figure::New, Side::Alertmanager, theirs)]);
            figures.judged(Figure::New).map(|(_, met)| met)
        };
        assert_eq!(judged(&[500.0, 1.0, 900.0], &[1_000.0, 100.0, 1.0]), Some(true));
        assert_eq!(judged(&[500.0, 400.0], &[100.0]), Some(false));
        assert_eq!(judged(&[500.0], &[]), None);
    }

    #[test]
    fn every_figure_is_in_the_table_once() {
        let mut all = Figure::ALL.to_vec();
        all.sort();
        all.dedup();
        assert_eq!(all, Figure::ALL);
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(
            [0.5, 12.34, 123.4, 1_234.5, 1_234_567.0].map(readable),
            ["0.50", "12.3", "123", "1,235", "1,234,567"]
        );
    }
}
