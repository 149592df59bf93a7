//! The whole: reads every file, joins the teams, and is completed with what the plugins answer.

use crate::{
    calendars::Feed,
    channels::ChannelSource,
    draft::Draft,
    file::{self, File},
    host::{self, PolicyLimits, Server},
    keys, moments,
    places::Places,
    reader::{Fields, Scope, Surroundings},
    report::{Diagnostic, Notes, Place, Report},
    reports::ReportPlan,
    services::Integrations,
    sources::AlertSource,
    suggest,
    supply::PluginSupply,
    targets::{self, Names},
    team::{self, PolicySource},
};
use bellwire_core::{Instant, Tables, Target, Wants};
use miette::Severity;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};
use toml::{Spanned, de::DeTable};

const ROUTES_DEFAULT: &str = "routes/*.toml";

/// A configuration without errors, but for what only its plugins can say.
pub struct Config {
    /// Policies do not have their wants yet: [`Config::with_wants`].
    pub tables: Tables,
    pub server: Server,
    pub integrations: Integrations,
    pub store: PathBuf,
    /// Where compiled plugins are kept; none: nowhere.
    pub code_cache: Option<PathBuf>,
    pub plugin_supply: PluginSupply,
    /// Jobs that wait for the loop.
    pub queue_max: usize,
    pub policy_limits: PolicyLimits,
    /// Every policy of every team.
    pub policies: Vec<PolicySource>,
    /// Senders of webhooks that a plugin reads.
    pub sources: Vec<AlertSource>,
    /// By the full names of the receivers that a plugin speaks for.
    pub channels: BTreeMap<Arc<str>, ChannelSource>,
    /// Calendars to fetch.
    pub feeds: Vec<Feed>,
    /// What is sent regularly.
    pub reports: Vec<ReportPlan>,
    pub(crate) warnings: Vec<Diagnostic>,
    pub places: Places,
    /// By full name.
    pub(crate) receiver_places: BTreeMap<Arc<str>, Place>,
    /// Full names of the receivers that routes and receivers fall back to.
    pub(crate) fallbacks: BTreeSet<Arc<str>>,
    /// Team and policy of those that have their wants.
    pub(crate) completed: BTreeSet<(Arc<str>, Arc<str>)>,
}

/// A file's text as TOML.
struct Document<'a> {
    root: Spanned<DeTable<'a>>,
    /// There are syntax errors: what is left lends its names to the other files, and is not judged itself, so what is
    /// noted about it goes here and is dropped.
    broken: Option<Notes>,
}

impl Config {
    /// `environment`: the value of an environment variable. `now`: calendars are looked through around it.
    pub fn load(path: &Path, environment: &dyn Fn(&str) -> Option<String>, now: Instant) -> Result<Self, Report> {
        let folder = path.parent().unwrap_or(Path::new(""));
        let surroundings = Surroundings { folder, environment };
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let host_file = File::read(0, path, name).map_err(|error| {
            let unreadable = format!("{} cannot be read: {error}", path.display());
            Report::new(vec![Diagnostic::new(unreadable).with_help("name the configuration with -c PATH")])
        })?;
        let notes = Notes::default();
        let host_document = Document::parse(&host_file, &notes);
        let host = host_document.read(&host_file, &notes, &surroundings, keys::HOST, host::read);
        let pattern = host.routes.as_ref().and_then(|value| value.filled()).unwrap_or(ROUTES_DEFAULT);
        let pattern_place = host.routes.as_ref().map_or(host_file.place(0..0), |value| value.place());
        let routes_files = file::read_routes(folder, pattern, &pattern_place, &notes);
        let documents: Vec<_> = routes_files.iter().map(|file| (file, Document::parse(file, &notes))).collect();
        let teams: Vec<_> = documents
            .iter()
            .map(|(file, document)| {
                document.read(file, &notes, &surroundings, keys::TEAM, |fields| team::read(fields, &host, now))
            })
            .collect();
        let draft = Draft::join(host, teams, &notes);
        for document in documents.iter().map(|(_, document)| document).chain([&host_document]) {
            document.broken.iter().for_each(|broken| notes.keep_secrets_of(broken));
        }
        drop(documents);
        drop(host_document);
        let mut files = vec![host_file];
        files.extend(routes_files);
        let diagnostics = notes.into_diagnostics(&mut files);
        if diagnostics.iter().any(Diagnostic::is_error) {
            return Err(Report::new(diagnostics));
        }
        Ok(draft.finish(files, diagnostics))
    }

    /// Completes a policy with what its `check` answered. The diagnostics: what it wants and there is not.
    ///
    /// A window that the settings do not name is the plugin's own suggestion: it may be missing, and the policy is not
    /// told of it then.
    #[must_use = "what is missing is an error"]
    pub fn with_wants(&mut self, team: &str, policy: &str, mut wants: Wants) -> Vec<Diagnostic> {
        let Some(owner) = self.tables.teams.get(team) else { return Vec::new() };
        let mut diagnostics = Vec::new();
        let mut zones = Vec::new();
        for name in &wants.zones {
            match moments::find_zone(name) {
                Some(zone) => zones.push((Arc::from(&**name), zone)),
                None => {
                    let place = self.text_place(team, policy, &[name]);
                    let unknown = Diagnostic::new(moments::unknown_zone(name)).with_help(moments::zone_remedy(name));
                    diagnostics.push(self.at(unknown, place));
                }
            }
        }
        wants.windows.retain(|name| {
            let exists = owner.windows.contains_key(&**name);
            if !exists && let Some(place) = self.named(team, policy, &[name]) {
                let none = format!("[windows.{name}] zone = \"…\" and hours = [\"…\"]");
                let help = suggest::remedy(name, owner.windows.keys().map(|name| &**name), &none);
                let unknown = Diagnostic::new(format!("there is no window `{name}`")).with_help(help);
                diagnostics.push(self.at(unknown, Some(place)));
            }
            exists
        });
        // One that is also told is missing below, and once is enough said.
        let only_asked = |name: &&String| !wants.targets.contains(&Target::Schedule((*name).clone()));
        for name in wants.schedules.iter().filter(only_asked).filter(|name| !owner.schedules.contains_key(&***name)) {
            let message =
                format!("the policy `{policy}` asks for the schedule `{name}`, which team {team} does not have");
            let unknown = Diagnostic::new(message).with_help(Names::of(owner).remedy(&Target::Schedule(name.clone())));
            let place = self.text_place(team, policy, &[name, &format!("schedule:{name}")]);
            diagnostics.push(self.at(unknown, place));
        }
        let unknown = owner.unknown_targets(&wants);
        diagnostics.extend(unknown.iter().map(|target| self.unknown_target(team, policy, target)));
        if let Some(policy) = self.tables.teams.get_mut(team).and_then(|team| team.policies.get_mut(policy)) {
            self.completed.insert((team.into(), policy.name.clone()));
            policy.zones = zones;
            policy.wants = wants;
        }
        diagnostics
    }

    /// A target that the team does not have; `target` as `receiver:NAME`, `person:NAME`, `schedule:NAME` or just a
    /// receiver's name.
    pub fn unknown_target(&self, team: &str, policy: &str, target: &str) -> Diagnostic {
        let wanted = targets::parse(target);
        let help = self.tables.teams.get(team).map(|team| Names::of(team).remedy(&wanted)).unwrap_or_default();
        let unknown =
            Diagnostic::new(format!("the policy `{policy}` tells `{target}`, which team {team} does not have"));
        let texts = match &wanted {
            Target::Receiver(name) => [target, name],
            Target::Person(_) | Target::Schedule(_) => [target; 2],
        };
        self.at(unknown.with_help(help), self.text_place(team, policy, &texts))
    }

    /// What is wrong with a receiver; `receiver`: its full name.
    pub fn receiver_problem(&self, receiver: &str, message: &str) -> Diagnostic {
        let place = self.receiver_places.get(receiver).cloned();
        self.at(Diagnostic::new(format!("receiver `{receiver}`: {message}")), place)
    }

    /// Call it when every policy has its wants: it also names the receivers and schedules that nothing tells.
    pub fn warnings(&self) -> Vec<Diagnostic> {
        let mut warnings = self.warnings.clone();
        if self.completed.len() < self.policies.len() {
            return warnings;
        }
        let mut receivers: BTreeSet<&Arc<str>> = self.fallbacks.iter().collect();
        receivers.extend(self.reports.iter().flat_map(|report| &report.to));
        let mut schedules: BTreeSet<(&str, &str)> = BTreeSet::new();
        for team in self.tables.teams.values() {
            let wants = || team.policies.values().map(|policy| &policy.wants);
            schedules.extend(wants().flat_map(|wants| &wants.schedules).map(|name| (&*team.name, &**name)));
            for target in wants().flat_map(|wants| &wants.targets).chain(&team.last_resort) {
                match target {
                    Target::Receiver(name) => receivers.extend(team.receivers.get(name.as_str())),
                    Target::Schedule(name) => schedules.extend([(&*team.name, name.as_str())]),
                    Target::Person(_) => {}
                }
            }
        }
        let unused = |message: String, place: &Place| {
            self.at(Diagnostic::new(message).with_severity(Severity::Warning), Some(place.clone()))
        };
        for (name, place) in self.receiver_places.iter().filter(|(name, _)| !receivers.contains(*name)) {
            warnings.push(unused(format!("nothing tells the receiver `{name}`"), place));
        }
        for ((team, name), place) in &self.places.schedules {
            if !schedules.contains(&(&**team, &**name)) {
                warnings.push(unused(format!("nothing tells the schedule `{name}`"), place));
            }
        }
        warnings
    }

    fn at(&self, diagnostic: Diagnostic, place: Option<Place>) -> Diagnostic {
        self.places.at(place.as_ref(), diagnostic)
    }

    fn policy(&self, team: &str, policy: &str) -> Option<&PolicySource> {
        self.policies.iter().find(|source| &*source.team == team && &*source.policy == policy)
    }

    /// Where the policy's settings say one of `texts`, if they do.
    fn named(&self, team: &str, policy: &str, texts: &[&str]) -> Option<Place> {
        self.text_in_settings(&self.policy(team, policy)?.plugin, texts)
    }

    /// The same, or else the policy as a whole.
    fn text_place(&self, team: &str, policy: &str, texts: &[&str]) -> Option<Place> {
        self.named(team, policy, texts).or_else(|| Some(self.policy(team, policy)?.plugin.place.clone()))
    }
}

impl<'a> Document<'a> {
    fn parse(file: &'a File, notes: &Notes) -> Self {
        let (root, errors) = DeTable::parse_recoverable(&file.text);
        for error in &errors {
            let span = error.span().unwrap_or(0..0);
            notes.error(file.place(span), format!("this is not TOML: {}", error.message()), "");
        }
        Self { root, broken: (!errors.is_empty()).then(Notes::default) }
    }

    fn read<T>(
        &'a self,
        file: &'a File,
        notes: &'a Notes,
        surroundings: &'a Surroundings<'a>,
        keys: keys::Keys,
        read: impl FnOnce(&Fields<'a>) -> T,
    ) -> T {
        let scope = Scope { file, notes: self.broken.as_ref().unwrap_or(notes), surroundings };
        read(&Fields::new(scope, self.root.get_ref(), 0..0, keys))
    }
}
