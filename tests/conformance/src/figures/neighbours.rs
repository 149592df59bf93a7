//! A good team's evaluations on a pool as the server has it, alone and beside teams with a hostile policy that is asked all the
//! time.

use crate::quantiles;
use bellwire_conformance::{Door, built_for, cases, hostile};
use bellwire_core::Facts;
use bellwire_wasm::{Engine, Job, Plugin, Pool, Settings};
use bellwire_workbench::case_facts;
use serde_json::{Value, json};
use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

const WARM_UP: usize = 200;
/// Long enough for some dozens of the slowest hostile evaluations.
const LASTS: Duration = Duration::from_secs(5);
/// As the server has them, of a team.
const WAITING_MAX: usize = 256;

/// Who does harm, and how much of it is asked for at any time.
pub struct Beside<'a> {
    pub sin: &'a str,
    pub teams: usize,
    pub incidents_of_each: usize,
}

/// Asks for itself again and again until it is told to stop.
struct Harasser {
    team: Arc<str>,
    pool: Arc<Pool>,
    plugin: Arc<Plugin>,
    facts: Facts,
    stopped: AtomicBool,
    evaluations: AtomicU64,
}

impl Harasser {
    fn ask(self: Arc<Self>) {
        if self.stopped.load(Ordering::Relaxed) {
            return;
        }
        let again = self.clone();
        let done = move |_| {
            again.evaluations.fetch_add(1, Ordering::Relaxed);
            again.ask();
        };
        let job = Job {
            team: self.team.clone(),
            plugin: self.plugin.clone(),
            settings: "{}".into(),
            facts: Box::new(self.facts.clone()),
            done: Box::new(done),
        };
        assert!(self.pool.submit(job).is_ok(), "the queue has room for these few");
    }
}

/// Each harasser's, as often as it has incidents.
fn harass(pool: &Arc<Pool>, engine: &Engine, facts: &Facts, beside: &Beside<'_>) -> Vec<Arc<Harasser>> {
    let plugin = Arc::new(engine.load(&hostile(Door::Policy, beside.sin)).unwrap());
    let harasser = |number| Harasser {
        team: format!("hostile-{number}").into(),
        pool: pool.clone(),
        plugin: plugin.clone(),
        facts: facts.clone(),
        stopped: AtomicBool::new(false),
        evaluations: AtomicU64::new(0),
    };
    let harassers: Vec<_> = (0..beside.teams).map(harasser).map(Arc::new).collect();
    for harasser in &harassers {
        (0..beside.incidents_of_each).for_each(|_| harasser.clone().ask());
    }
    harassers
}

pub fn figures(beside: Option<&Beside<'_>>) -> Value {
    let engine = Engine::new(Settings::default()).unwrap();
    let pool = Arc::new(Pool::new(threads(), WAITING_MAX).unwrap());
    let cases = cases();
    let case = cases.cases.last().unwrap();
    let (settings, facts): (Arc<str>, Facts) = (cases.settings(case).into(), case_facts(case));
    let good = Arc::new(engine.load(&built_for("0.1.0", "rust")).unwrap());
    let ask = || {
        let (answer, answers) = mpsc::sync_channel(1);
        let started = Instant::now();
        let done = move |evaluation: bellwire_wasm::Evaluation| answer.send(evaluation.result).unwrap();
        let job = Job {
            team: "good".into(),
            plugin: good.clone(),
            settings: settings.clone(),
            facts: Box::new(facts.clone()),
            done: Box::new(done),
        };
        assert!(pool.submit(job).is_ok(), "the queue has room for these few");
        assert!(answers.recv().unwrap().is_ok(), "the good one decides");
        started.elapsed()
    };
    let harassers = beside.map_or_else(Vec::new, |beside| harass(&pool, &engine, &facts, beside));
    let (mut times, began) = (Vec::new(), Instant::now());
    while began.elapsed() < LASTS {
        times.push(ask());
    }
    let times = times.split_off(WARM_UP.min(times.len() / 10));
    let samples = times.len();
    let (p50, p99) = quantiles(times);
    let resident = resident();
    harassers.iter().for_each(|harasser| harasser.stopped.store(true, Ordering::Relaxed));
    let hostile: u64 = harassers.iter().map(|harasser| harasser.evaluations.load(Ordering::Relaxed)).sum();
    json!({ "p50": p50, "p99": p99, "samples": samples, "hostile": hostile, "resident": resident })
}

/// As many as the server has.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 8))
}

/// In bytes, now.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).map_or(0, |kib| kib << 10)
}
