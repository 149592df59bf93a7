//! The host's file and the teams' files joined: what is wrong between files shows here.

use crate::{
    calendars::Feed,
    channels::ChannelSource,
    config::Config,
    file::{self, File},
    host::Host,
    places::Places,
    report::{Diagnostic, Notes, Place},
    reports::ReportPlan,
    services::Integrations,
    sources::AlertSource,
    suggest,
    supply::PluginSupply,
    team::{PolicySource, TeamFile},
};
use bellwire_core::{Inhibition, Receiver, Tables, Team};
use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    path::PathBuf,
    sync::Arc,
};

/// Everything of a [`Config`] that borrows nothing from the files.
pub(crate) struct Draft {
    host: HostParts,
    teams: BTreeMap<Arc<str>, Team>,
    default_team: Arc<str>,
    receivers: BTreeMap<Arc<str>, Receiver>,
    channels: BTreeMap<Arc<str>, ChannelSource>,
    receiver_places: BTreeMap<Arc<str>, Place>,
    policies: Vec<PolicySource>,
    fallbacks: BTreeSet<Arc<str>>,
    schedule_places: BTreeMap<(Arc<str>, Arc<str>), Place>,
    override_places: BTreeMap<(Arc<str>, Arc<str>), Place>,
    feeds: Vec<Feed>,
    reports: Vec<ReportPlan>,
}

struct HostParts {
    server: crate::Server,
    integrations: Integrations,
    store: PathBuf,
    code_cache: Option<PathBuf>,
    plugin_supply: PluginSupply,
    queue_max: usize,
    limits: bellwire_core::Limits,
    policy_limits: crate::PolicyLimits,
    sources: Vec<AlertSource>,
    inhibitions: Vec<Inhibition>,
}

impl HostParts {
    fn of(host: Host<'_>) -> Self {
        Self {
            server: host.server,
            integrations: host.services.integrations,
            store: host.store,
            code_cache: host.code_cache,
            plugin_supply: host.plugin_supply,
            queue_max: host.queue_max,
            limits: host.limits,
            policy_limits: host.policy_limits,
            sources: host.sources,
            inhibitions: host.inhibitions,
        }
    }
}

impl Draft {
    pub fn join(mut host: Host<'_>, team_files: Vec<TeamFile<'_>>, notes: &Notes) -> Self {
        let default_team = default_team(&host, &team_files, notes);
        let mut fallbacks: BTreeSet<Arc<str>> = BTreeSet::new();
        let mut receivers = BTreeMap::new();
        let (mut receiver_places, mut channels) = (BTreeMap::new(), BTreeMap::new());
        let mut teams: BTreeMap<Arc<str>, Team> = BTreeMap::new();
        let mut policies = Vec::new();
        let mut declared: Vec<_> = mem::take(&mut host.receivers).into_values().collect();
        let (mut schedule_places, mut override_places) = (BTreeMap::new(), BTreeMap::new());
        let (mut feeds, mut reports) = (Vec::new(), Vec::new());
        for team_file in team_files {
            let TeamFile { team, name_place, receivers: own, policies: sources, fallbacks: falls_back_to, .. } =
                team_file;
            if teams.contains_key(&team.name) {
                let message = format!("another file is about the team `{}` already", team.name);
                notes.error(name_place, message, "a team is one file: give this one another name, or join the two");
            }
            declared.extend(own.into_values());
            receivers.extend(team_file.contacts.into_iter().map(|contact| (contact.name.clone(), contact)));
            channels.extend(team_file.channels);
            let places = team_file.schedule_places.into_iter();
            schedule_places.extend(places.map(|(schedule, place)| ((team.name.clone(), schedule), place)));
            let places = team_file.override_places.into_iter();
            override_places.extend(places.map(|(id, place)| ((team.name.clone(), id), place)));
            feeds.extend(team_file.feeds);
            reports.extend(team_file.reports);
            policies.extend(sources);
            fallbacks.extend(falls_back_to);
            teams.insert(team.name.clone(), team);
        }
        for declared in declared {
            receiver_places.insert(declared.full_name.clone(), declared.place);
            channels.extend(declared.channel.map(|channel| (declared.full_name.clone(), channel)));
            if let Some(receiver) = declared.receiver {
                fallbacks.extend(receiver.fallback.clone());
                receivers.insert(declared.full_name, receiver);
            }
        }
        let host = HostParts::of(host);
        Self {
            host,
            teams,
            default_team,
            receivers,
            channels,
            receiver_places,
            policies,
            fallbacks,
            schedule_places,
            override_places,
            feeds,
            reports,
        }
    }

    pub fn finish(self, files: Vec<File>, warnings: Vec<Diagnostic>) -> Config {
        let HostParts {
            server,
            integrations,
            store,
            code_cache,
            plugin_supply,
            queue_max,
            limits,
            policy_limits,
            sources,
            inhibitions,
        } = self.host;
        let tables = Tables {
            teams: self.teams,
            default_team: self.default_team,
            receivers: self.receivers,
            inhibitions,
            limits,
            revision: file::revision(files.iter()),
        };
        Config {
            tables,
            server,
            integrations,
            store,
            code_cache,
            plugin_supply,
            queue_max,
            policy_limits,
            policies: self.policies,
            channels: self.channels,
            sources,
            feeds: self.feeds,
            reports: self.reports,
            warnings,
            places: Places { files, schedules: self.schedule_places, overrides: self.override_places },
            receiver_places: self.receiver_places,
            fallbacks: self.fallbacks,
            completed: BTreeSet::new(),
        }
    }
}

/// An only team is the default one.
fn default_team(host: &Host<'_>, teams: &[TeamFile<'_>], notes: &Notes) -> Arc<str> {
    let names = || teams.iter().map(|file| &*file.team.name);
    match (&host.default_team, teams) {
        (Some(value), _) => {
            let name = value.text().unwrap_or_default();
            if !name.is_empty() && !teams.is_empty() && !names().any(|team| team == name) {
                value.error(format!("there is no team `{name}`"), suggest::remedy(name, names(), ""));
            }
            name.into()
        }
        (None, []) => Arc::default(),
        // Two files about one team are another error.
        (None, [first, ..]) if names().all(|name| name == &*first.team.name) => first.team.name.clone(),
        (None, [first, ..]) => {
            notes.error(
                host.start.clone(),
                "there are several teams, and none has the alerts that no team's `match` takes",
                format!("default_team = \"{}\", or another of the teams", first.team.name),
            );
            first.team.name.clone()
        }
    }
}
