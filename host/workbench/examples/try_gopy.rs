//! Throw-away (issue 4, helper of Go and Python): not to be committed.
#![allow(clippy::all, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "throw-away")]
use bellwire_core::{Alert, AlertState, Facts, Labels};
use bellwire_wasm::{Engine, Limits, Settings};
use bellwire_workbench::*;
use std::{sync::Arc, time::Duration};

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let bytes = std::fs::read(&args[1]).unwrap();
    let text = std::fs::read_to_string(&args[2]).unwrap();
    let runs: usize = args.get(3).map_or(10, |n| n.parse().unwrap());
    let limits = Limits {
        time_max: Duration::from_secs(60),
        instances_max: std::env::var("INSTANCES").map_or(16, |n| n.parse().unwrap()),
        fuel_max: std::env::var("FUEL").map_or(50_000_000, |n| n.parse().unwrap()),
        ..Limits::default()
    };
    let engine = Engine::new(Settings { limits, calls_max: 4, cache_directory: None }).unwrap();
    let (plugin, took) = load(&engine, &bytes).unwrap_or_else(|e| panic!("{e}"));
    println!("loaded in {took:?}");
    println!("{:?}", plugin.describe().map(|d| (d.name, d.version, d.summary, d.settings_schema.len())));
    for settings in args.iter().skip(4) {
        println!("check {settings}: {:#?}", plugin.check(settings));
    }
    let file = CaseFile::parse(&text).unwrap_or_else(|e| panic!("{e}"));
    for run in run_cases(&plugin, &file) {
        if !run.passed() {
            println!("FAILED {}\n{}{:?}", run.name, run.verdict.explained(), run.log);
        }
    }
    let fresh = |case: &_| -> Facts { case_facts(case) };
    for case in &file.cases {
        let Ok(subject) = Subject::new(&plugin, &file.settings(case)) else { continue };
        let facts = fresh(case);
        let first = subject.evaluate(&facts);
        for _ in 0..runs {
            let other = subject.evaluate(&facts);
            assert_eq!(
                (&first.result, first.fuel, first.memory_bytes),
                (&other.result, other.fuel, other.memory_bytes)
            );
        }
    }
    println!("bench {:#?}", bench(&plugin, &file, 100));
    let case = &file.cases[0];
    let subject = Subject::new(&plugin, &file.settings(case)).unwrap_or_else(|e| panic!("{e}"));
    for (count, labels) in [(0, 0), (1, 8), (10, 8), (100, 8), (500, 8), (500, 20)] {
        let mut facts = fresh(case);
        facts.incident.alerts = (0..count)
            .map(|n| {
                let pairs: Vec<(String, String)> = (0..labels)
                    .map(|l| (format!("label_{l}"), format!("value {l} of {n}")))
                    .chain([("severity".to_owned(), "warning".to_owned())])
                    .collect();
                let all = Labels::from_pairs(pairs.iter().map(|(a, b)| (a.as_str(), b.as_str())));
                Arc::new(Alert {
                    fingerprint: all.fingerprint(),
                    annotations: all.clone(),
                    labels: all,
                    generator_url: "".into(),
                    state: AlertState::Firing,
                    starts_at: facts.now,
                    ends_at: None,
                    updated_at: facts.now,
                    incidents: Vec::new(),
                })
            })
            .collect();
        let e = subject.evaluate(&facts);
        println!(
            "{count} alerts of {labels} labels and annotations: fuel {} memory {} KiB {:?} {:?}",
            e.fuel,
            e.memory_bytes / 1024,
            e.elapsed,
            e.result.map(|d| d.reason)
        );
    }
}
