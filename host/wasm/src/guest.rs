//! What all plugins have in common, whatever their world: how they are started once, and asked in a fresh instance each
//! time. A reused one could remember, and may trap.

use crate::{
    LoadError, World,
    bindings::clip,
    call::{Answer, Call},
    engine::Runtime,
    json_door::{self, Command, Process, Question},
    limits::Allowance,
};
use bellwire_core::PluginFault;
use sha2::{Digest, Sha256};
use std::{sync::Arc, time::Instant};
use wasmtime::{
    Store,
    component::{Instance, InstancePre},
};

/// What a plugin says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    pub name: String,
    pub version: String,
    pub summary: String,
    /// A JSON Schema, as text; the host has not looked at it.
    pub settings_schema: String,
}

/// What a plugin finds wrong with its settings; `path` as in `rules[2].above.error_rate`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub path: String,
    pub message: String,
}

/// Where a component has the functions of one world.
pub(crate) trait Exports: Sized {
    const WORLD: World;
    /// The functions, in an instance.
    type Guest;

    /// Finds them, and compares their types with the contract's.
    fn find(component: &InstancePre<Call>) -> wasmtime::Result<Self>;
    fn load(&self, store: &mut Store<Call>, instance: &Instance) -> wasmtime::Result<Self::Guest>;
    fn describe(guest: &Self::Guest, store: &mut Store<Call>) -> wasmtime::Result<Description>;
}

/// How a plugin is spoken to. What comes of it is the same.
pub(crate) enum Door<E> {
    /// Typed, by the contract itself.
    Component(InstancePre<Call>, E),
    /// A program: one JSON document in, one out.
    Command(Command),
}

/// A plugin of one world, ready to be asked from any thread.
pub(crate) struct Guest<E> {
    pub runtime: Arc<Runtime>,
    hash: String,
    door: Door<E>,
}

impl<E: Exports> Guest<E> {
    /// Starts it once and throws that away: whatever would keep it from starting shows now and not at night.
    pub fn start(runtime: &Arc<Runtime>, door: Door<E>, bytes: &[u8]) -> Result<Self, LoadError> {
        let allowance = runtime.limits.usual();
        let unstartable = |error: wasmtime::Error| LoadError::Unstartable(allowance.fault(&error));
        let slot = runtime.slots.take();
        let mut store = runtime.store(Process::default(), &allowance).map_err(unstartable)?;
        match &door {
            Door::Component(component, exports) => {
                let instance = component.instantiate(&mut store).map_err(unstartable)?;
                exports.load(&mut store, &instance).map_err(|error| LoadError::other_types(E::WORLD, &error))?;
            }
            Door::Command(command) => {
                let instance = command.start(&mut store).map_err(unstartable)?;
                Command::conforms(&instance, &mut store)?;
            }
        }
        drop((store, slot));
        let guest = Self { runtime: runtime.clone(), hash: hex::encode(Sha256::digest(bytes)), door };
        match guest.world() {
            Ok(is) if is != E::WORLD => Err(LoadError::OtherWorld { is, wanted: E::WORLD }),
            // A policy was never asked before, and one that cannot answer is still a policy.
            Err(fault) if E::WORLD != World::Policy => Err(LoadError::Unstartable(fault)),
            Ok(_) | Err(_) => Ok(guest),
        }
    }

    /// What it is. A component shows that on its outside; a program says it.
    fn world(&self) -> Result<World, PluginFault> {
        let said = || Ok(json_door::world());
        self.ask(&self.runtime.limits.usual(), |_, _| Ok(Ok(E::WORLD)), said).result
    }

    pub fn hash(&self) -> &str {
        &self.hash
    }

    pub fn describe(&self) -> Result<Description, PluginFault> {
        let usual = self.runtime.limits.usual();
        self.ask(&usual, |guest, store| E::describe(guest, store).map(Ok), || Ok(json_door::describe())).result
    }

    /// Asks through whichever door it has, in an instance of its own, all of which is gone afterwards.
    pub fn ask<R, F: From<PluginFault>>(
        &self,
        allowance: &Allowance<'_>,
        component: impl FnOnce(&E::Guest, &mut Store<Call>) -> wasmtime::Result<Result<R, F>>,
        command: impl FnOnce() -> Result<Question<R, F>, F>,
    ) -> Answer<R, F> {
        match &self.door {
            Door::Component(instance, exports) => {
                let called = self.call(allowance, Process::default(), |store| {
                    let instance = instance.instantiate(&mut *store)?;
                    component(&exports.load(store, &instance)?, store)
                });
                called.map_result(|answer| answer.map_err(F::from).flatten())
            }
            Door::Command(program) => match command() {
                Ok(Question { process, answer }) => {
                    let ran = self.call(allowance, process, |store| program.run(store));
                    ran.map_result(|stdout| answer(&stdout.map_err(F::from)?))
                }
                Err(fault) => Answer::without_guest(fault),
            },
        }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "how long a plugin took is measured, for metrics; nothing is decided by it"
    )]
    fn call<R>(
        &self,
        allowance: &Allowance<'_>,
        process: Process,
        run: impl FnOnce(&mut Store<Call>) -> wasmtime::Result<R>,
    ) -> Answer<R> {
        let _slot = self.runtime.slots.take();
        let started = Instant::now();
        let mut store = match self.runtime.store(process, allowance) {
            Ok(store) => store,
            Err(error) => return Answer::without_guest(PluginFault::Missing(clip(format!("{error:#}")))),
        };
        let result = run(&mut store).map_err(|error| allowance.fault(&error));
        let fuel = allowance.fuel_max.saturating_sub(store.get_fuel().unwrap_or(0));
        let Call { ledger, log, .. } = store.into_data();
        Answer { result, fuel, memory_bytes: ledger.memory_bytes as u64, elapsed: started.elapsed(), log: log.lines }
    }
}
