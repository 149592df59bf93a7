//! Bellwire's configuration, written from Alertmanager's: what Bellwire can say is said, with the line that it comes
//! from, and what it cannot say is listed. Secrets are not copied: the environment has them, by names that are listed.

mod page;
mod policies;
mod receivers;
mod routes;
mod services;
mod windows;

use crate::{Config, Place};
use std::collections::{BTreeMap, BTreeSet};

/// What `bellwire.toml` and the team's routes file say from now on.
pub struct Imported {
    /// bellwire.toml.
    pub host: String,
    /// routes/TEAM.toml.
    pub routes: String,
    /// What could not be carried over, by line.
    pub left: Vec<Left>,
    /// Of the environment, with what each holds.
    pub variables: BTreeMap<String, String>,
    /// Plugins that must be in the folder `plugins`.
    pub plugins: BTreeSet<&'static str>,
}

/// Something that Bellwire cannot say, or says differently.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Left {
    /// Of Alertmanager's file; where it is, or where it begins.
    pub lines: BTreeSet<usize>,
    pub what: String,
    /// What to do.
    pub remedy: String,
}

impl std::fmt::Display for Left {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lines: Vec<String> = self.lines.iter().map(ToString::to_string).collect();
        let noun = if lines.len() == 1 { "line" } else { "lines" };
        write!(formatter, "{noun} {}: {}. {}", lines.join(", "), self.what, self.remedy)
    }
}

/// `file`: the name of Alertmanager's file, for comments; `team`: the name of the team that has everything.
pub fn import(config: &Config, file: &str, team: &str) -> Imported {
    let mut draft =
        Draft { config, left: Vec::new(), variables: BTreeMap::new(), plugins: BTreeSet::from(["standard"]) };
    let receivers = receivers::all(&mut draft);
    let services = services::write(&mut draft, &receivers);
    let windows = windows::all(&mut draft);
    let policies = policies::all(&mut draft, &receivers);
    let tree = routes::write(&mut draft, &receivers, &windows, &policies);
    draft.inhibition();
    draft.templates();
    let Draft { mut left, variables, plugins, .. } = draft;
    left.sort();
    let host = page::host(file, &services, &variables);
    let routes = page::routes(file, team, &[receivers.text, windows.text, policies.text, tree], &left);
    Imported { host, routes, left, variables, plugins }
}

/// What is gathered on the way.
struct Draft<'c> {
    config: &'c Config,
    left: Vec<Left>,
    variables: BTreeMap<String, String>,
    plugins: BTreeSet<&'static str>,
}

impl Draft<'_> {
    /// The same said of several places is said once.
    fn leave(&mut self, place: Place, what: impl Into<String>, remedy: impl Into<String>) {
        let (what, remedy) = (what.into(), remedy.into());
        match self.left.iter_mut().find(|left| left.what == what && left.remedy == remedy) {
            Some(left) => drop(left.lines.insert(place.line())),
            None => self.left.push(Left { lines: BTreeSet::from([place.line()]), what, remedy }),
        }
    }

    /// A variable of the environment that holds a secret, as the value of a key. `holds`: what it is.
    fn variable(&mut self, words: &[&str], holds: impl Into<String>) -> String {
        let holds = holds.into();
        let letters = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
        let name: String = words.join("_").chars().map(letters).collect();
        let name = if name.starts_with(|first: char| first.is_ascii_digit()) { format!("_{name}") } else { name };
        let candidates = (2..).map(|count| format!("{name}_{count}"));
        let is_free = |candidate: &String| self.variables.get(candidate).is_none_or(|earlier| *earlier == holds);
        let name = std::iter::once(name.clone()).chain(candidates).find(is_free).unwrap_or(name);
        self.variables.insert(name.clone(), holds);
        format!("{{ env = \"{name}\" }}")
    }

    /// The one place to change when routes files can say it.
    fn inhibition(&mut self) {
        for rule in &self.config.inhibit_rules {
            let remedy = "Until then both are told; Alertmanager in front of Bellwire goes on to inhibit";
            self.leave(rule.place, "`inhibit_rules`: an import does not write inhibition yet", remedy);
        }
    }

    fn templates(&mut self) {
        for template in &self.config.templates {
            let remedy =
                "What you need of them, write as a receiver's `title_template` and `body_template` (minijinja)";
            self.leave(template.place, "`templates`: Go's templates are not read", remedy);
        }
    }
}
