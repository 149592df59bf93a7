//! What stands for Alertmanager's receivers: those whom a route's policy may tell, and its fallback.
//!
//! Alertmanager's route has one receiver, ours has as many as its policy names. So an alert lists them all, each by its own
//! name, and where there is room for one name only (a group, a route of the configuration) it is that list with commas,
//! which is also how `amtool config routes test` writes several.

use super::{Refusal, parameters::ReceiverPattern};
use crate::{Backend, server::Context};
use axum::{Json, extract::State};
use bellwire_core::{Route, Tables, Target, Team};
use serde::Serialize;
use std::{collections::BTreeSet, sync::Arc};

/// `{"name": "payments/oncall"}`
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Receiver {
    #[schema(value_type = String, example = "payments/oncall")]
    pub name: Arc<str>,
}

/// Those of one route.
#[derive(Debug)]
pub(super) struct Told {
    /// Sorted.
    pub receivers: Vec<Receiver>,
    pub together: Receiver,
}

impl Told {
    pub fn by(team: &Team, route: &Route) -> Self {
        let names = names(team, route);
        let together = if names.is_empty() { "nobody".into() } else { joined(&names).into() };
        let receivers = names.into_iter().map(|name| Receiver { name }).collect();
        Self { receivers, together: Receiver { name: together } }
    }

    pub fn any(&self, pattern: &ReceiverPattern) -> bool {
        self.receivers.iter().chain([&self.together]).any(|receiver| pattern.matches(&receiver.name))
    }
}

fn joined(names: &BTreeSet<Arc<str>>) -> String {
    names.iter().map(|name| &**name).collect::<Vec<_>>().join(",")
}

fn names(team: &Team, route: &Route) -> BTreeSet<Arc<str>> {
    let targets = team.policies.get(&route.policy).map_or(&[][..], |policy| &policy.wants.targets);
    let told = targets.iter().map(|target| name(team, target));
    told.chain(route.fallback.iter().cloned()).collect()
}

/// Full names: a receiver's own, `TEAM/person:NAME`, `TEAM/schedule:NAME`.
fn name(team: &Team, target: &Target) -> Arc<str> {
    let of_team = || format!("{}/{target}", team.name).into();
    match target {
        Target::Receiver(name) => team.receivers.get(&**name).cloned().unwrap_or_else(of_team),
        Target::Person(_) | Target::Schedule(_) => of_team(),
    }
}

/// Every name that an alert may have, and the receivers that no policy names.
fn all(tables: &Tables) -> BTreeSet<Arc<str>> {
    fn collect(team: &Team, route: &Route, into: &mut BTreeSet<Arc<str>>) {
        into.extend(names(team, route));
        route.routes.iter().for_each(|child| collect(team, child, into));
    }
    let mut all = BTreeSet::new();
    for team in tables.teams.values() {
        all.extend(team.receivers.values().cloned());
        collect(team, &team.root, &mut all);
    }
    all
}

/// Everybody who may be told.
#[utoipa::path(get, path = "/api/v2/receivers", tag = "alertmanager",
    responses((status = 200, description = "By name", body = Vec<Receiver>),
        (status = 401, description = "No valid credential", body = crate::problem::ErrorBody)))]
pub(crate) async fn list_receivers<B: Backend>(
    State(context): State<Arc<Context<B>>>,
) -> Result<Json<Vec<Receiver>>, Refusal> {
    let roster = context.backend.roster();
    Ok(Json(all(&roster.tables).into_iter().map(|name| Receiver { name }).collect()))
}
