//! `bellwire check`: everything that is wrong, at once.

use crate::{Configuration, Failure};
use bellwire_app::Checked;

pub fn run(configuration: &Configuration) -> Result<(), Failure> {
    let checked = bellwire_app::check(&configuration.config, &crate::environment());
    let Checked { warnings, teams, routes, receivers, policies } =
        checked.map_err(|report| Failure::Wrong(report.to_string()))?;
    if let Some(warnings) = warnings {
        eprintln!("{warnings}");
    }
    println!(
        "{} is sound: {}, {}, {}, {}",
        configuration.config.display(),
        counted(teams, "team"),
        counted(routes, "route"),
        counted(receivers, "receiver"),
        match policies {
            1 => "1 policy".to_owned(),
            many => format!("{many} policies"),
        },
    );
    Ok(())
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
