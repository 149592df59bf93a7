//! Incidents out of the alerts of the cases: which fire, when, what people do, and which window is open when.

use bellwire_cases::{Alert, CaseFile, elapsed_text};
use bellwire_core::Wants;
use fastrand::Rng;
use std::fmt;

/// One incident's life. Times are whole minutes, so that no two things of different kinds happen at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// Minutes after 2026-11-21T00:00:00Z.
    pub opens: u64,
    /// That it opens with.
    pub alerts: Vec<Alert>,
    /// Sorted by time; each minute once.
    pub steps: Vec<Step>,
    /// Each window that the policy wants and a case has, and the minutes after the opening at which it opens or closes.
    pub windows: Vec<WindowPlan>,
    /// Minutes in which the host is down: from, to.
    pub outage: (u64, u64),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowPlan {
    pub name: String,
    pub inside_at_first: bool,
    pub changes: Vec<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Minutes after the opening.
    pub minute: u64,
    pub happening: Happening,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    Fires(Alert),
    Acknowledged,
    Unacknowledged,
    Escalated,
    Resolved,
}

impl Script {
    /// On which day of the week, and when.
    pub fn opens_text(&self) -> String {
        const DAYS: [&str; 7] = ["Saturday", "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday"];
        let (hour, minute) = (self.opens / 60, self.opens % 60);
        let day = usize::try_from(hour / 24).unwrap_or(0) % DAYS.len();
        format!("on a {} at {:02}:{minute:02} UTC", DAYS[day], hour % 24)
    }
}

impl fmt::Display for WindowPlan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.inside_at_first { "open" } else { "closed" };
        write!(formatter, "{} is {state} at first", self.name)?;
        for (index, minute) in self.changes.iter().enumerate() {
            let verb = if self.inside_at_first == (index % 2 == 0) { "closes" } else { "opens" };
            write!(formatter, ", {verb} at +{}", elapsed_text(minute * 60_000))?;
        }
        Ok(())
    }
}

/// How long an incident is looked at.
pub const MINUTES: u64 = 6 * 60;

pub fn script(random: &mut Rng, file: &CaseFile, wants: &Wants) -> Script {
    let alerts: Vec<&Alert> = file.cases.iter().flat_map(|case| &case.alerts).collect();
    let opening = (0..random.usize(1..=3)).map(|_| firing(random, &alerts)).collect();
    let mut steps: Vec<Step> = Vec::new();
    let mut minute = 0;
    // Half of all incidents are left alone: that is when a ladder is climbed to its end.
    while random.bool() && steps.len() < 6 {
        minute += random.u64(1..=MINUTES / 6);
        let happening = match random.u8(0..10) {
            0..3 => Happening::Fires(firing(random, &alerts)),
            3..6 => Happening::Acknowledged,
            6 => Happening::Unacknowledged,
            7..9 => Happening::Escalated,
            _ => Happening::Resolved,
        };
        let over = happening == Happening::Resolved;
        steps.push(Step { minute, happening });
        if over {
            break;
        }
    }
    let known = |name: &&String| file.cases.iter().flat_map(|case| &case.windows).any(|window| window.name == **name);
    let windows = wants.windows.iter().filter(known).map(|name| window(random, name)).collect();
    let down = random.u64(0..MINUTES / 2);
    let outage = (down, down + random.u64(1..=MINUTES / 4));
    Script { opens: random.u64(0..7 * 24 * 60), alerts: opening, steps, windows, outage }
}

/// One of them as if it fires; none has labels if no case has an alert.
fn firing(random: &mut Rng, alerts: &[&Alert]) -> Alert {
    let chosen = random.choice(alerts).map_or_else(Alert::default, |alert| (*alert).clone());
    Alert { resolved: false, ..chosen }
}

fn window(random: &mut Rng, name: &str) -> WindowPlan {
    let mut changes: Vec<u64> = (0..random.usize(0..3)).map(|_| random.u64(1..MINUTES)).collect();
    changes.sort_unstable();
    changes.dedup();
    WindowPlan { name: name.into(), inside_at_first: random.bool(), changes }
}
