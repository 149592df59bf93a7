//! How the story reaches the terminal: one line each, with the time since it began. Touches stdout alone.

use std::{
    env,
    io::{IsTerminal, stdout},
    time::Duration,
};
use tokio::time::Instant;

/// Modest: five colours, on a terminal only, and none where `NO_COLOR` is set.
#[derive(Clone, Copy)]
pub enum Tint {
    Plain,
    Heading,
    /// Somebody hears of an incident.
    Told,
    /// Somebody is woken.
    Paged,
    /// It gets better.
    Relief,
    /// Something breaks.
    Trouble,
}

pub struct Teller {
    began: Instant,
    is_coloured: bool,
}

impl Teller {
    pub fn begin() -> Self {
        let unwanted = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { began: Instant::now(), is_coloured: stdout().is_terminal() && !unwanted }
    }

    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    pub fn heading(&self, text: &str) {
        println!("\n{}", self.tinted(Tint::Heading, text));
    }

    /// `+12s  PagerDuty  payments/pager was PAGED: …`
    pub fn say(&self, who: &str, text: &str, tint: Tint) {
        let at = format!("+{}s", self.elapsed().as_secs());
        println!("{at:>5}  {who:<10} {}", self.tinted(tint, text));
    }

    fn tinted(&self, tint: Tint, text: &str) -> String {
        let code = match tint {
            Tint::Plain => "",
            Tint::Heading => "1",
            Tint::Told => "36",
            Tint::Paged => "1;31",
            Tint::Relief => "32",
            Tint::Trouble => "33",
        };
        if self.is_coloured && !code.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
