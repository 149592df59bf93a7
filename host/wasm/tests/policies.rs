//! Policies of every kind, most of them hostile: each must end in a decision or in the fault that it is, and leave
//! the host and the next call as they were.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking")]

use bellwire_core::{
    Alert, AlertState, Decision, Facts, IncidentFacts, IncidentId, IncidentState, Instant, Labels, PluginFault,
    Priority, Target,
};
use bellwire_wasm::{
    CacheError, Engine, EngineError, Evaluation, Full, Job, Limits, LoadError, LogLevel, Plugin, Pool, Settings, World,
};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};
use wit_component::{ComponentEncoder, StringEncoding};

const WIT: &str = include_str!("../../../sdk/wit/policy.wit");
const STEADY: &str = "(call $decide (i32.const 2048) (i32.const 6))";
const LOG: &str = r#"(import "bellwire:policy/log@0.1.1" "log" (func $log (param i32 i32 i32)))"#;

/// A guest as the test wants it.
#[derive(Default)]
struct Guest<'a> {
    imports: &'a str,
    items: &'a str,
    evaluate: &'a str,
}

impl Guest<'_> {
    fn text(&self) -> String {
        let Self { imports, items, evaluate } = self;
        let template = include_str!("guest.wat");
        template.replace("\n  IMPORTS", imports).replace("\n  ITEMS", items).replace("\n    EVALUATE", evaluate)
    }

    /// The core module with its component's type in it.
    fn module(&self) -> Vec<u8> {
        embed(&self.text(), WIT)
    }

    fn load(&self) -> Plugin {
        engine(limits()).load(&self.module()).unwrap()
    }

    fn evaluate(&self) -> Evaluation {
        self.load().evaluate("{}", &facts())
    }

    fn fault(&self) -> PluginFault {
        self.evaluate().result.unwrap_err()
    }
}

fn evaluating(evaluate: &str) -> Guest<'_> {
    Guest { evaluate, ..Guest::default() }
}

fn embed(text: &str, wit: &str) -> Vec<u8> {
    let mut resolve = wit_parser::Resolve::default();
    let package = resolve.push_str("policy.wit", wit).unwrap();
    let world = resolve.select_world(&[package], Some("policy")).unwrap();
    let mut module = wat::parse_str(text).unwrap();
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    module
}

/// As usual, but on a machine as slow as it likes: here the verdict is fuel's.
fn limits() -> Limits {
    Limits { time_max: Duration::from_secs(60), ..Limits::default() }
}

fn engine(limits: Limits) -> Engine {
    Engine::new(Settings { limits, calls_max: 4, cache_directory: None }).unwrap()
}

fn refused(bytes: &[u8]) -> LoadError {
    match engine(limits()).load(bytes) {
        Ok(_) => panic!("loaded"),
        Err(error) => error,
    }
}

fn facts() -> Facts {
    let alert = |name: &str| {
        let labels = Labels::from_pairs([("alertname", name), ("severity", "critical")]);
        Arc::new(Alert {
            fingerprint: labels.fingerprint(),
            annotations: Labels::from_pairs([("summary", "it burns")]),
            labels,
            generator_url: "".into(),
            state: AlertState::Firing,
            starts_at: Instant::from_millis(7),
            ends_at: Some(Instant::from_millis(8)),
            updated_at: Instant::from_millis(7),
            incidents: Vec::new(),
        })
    };
    Facts {
        now: Instant::from_millis(1_000),
        incident: IncidentFacts {
            id: IncidentId { team: "payments".into(), number: 42 },
            route: "root".into(),
            state: IncidentState::Open,
            group: Labels::from_pairs([("alertname", "Fire")]),
            opened_at: Instant::from_millis(900),
            changed_at: Instant::from_millis(901),
            reopened: 0,
            acknowledged: None,
            snoozed_until: None,
            escalated_at: None,
            priority: None,
            firing: 2,
            resolved: 0,
            alerts: vec![alert("Fire"), alert("Smoke")],
            sent: Vec::new(),
        },
        civil: Vec::new(),
        windows: Vec::new(),
        on_call: Vec::new(),
    }
}

fn steady() -> Decision {
    Decision { priority: Priority::P1, notices: Vec::new(), next_check: None, reason: "steady".into() }
}

#[test]
fn a_module_and_its_component_decide_alike() {
    let module = evaluating(STEADY).module();
    let component = ComponentEncoder::default().module(&module).unwrap().encode().unwrap();
    let engine = engine(limits());
    let [module, component] = [module, component].map(|bytes| engine.load(&bytes).unwrap());
    let [one, other] = [&module, &component].map(|plugin| plugin.evaluate("{}", &facts()));
    assert_eq!(one.result, Ok(steady()));
    assert_eq!((&other.result, other.fuel, other.memory_bytes), (&one.result, one.fuel, one.memory_bytes));
    assert!(one.fuel > 0);
    assert_eq!(one.memory_bytes, 2 << 16);
    assert_eq!(module.hash().len(), 64);
    assert_ne!(module.hash(), component.hash());
}

#[test]
fn describes_itself_and_checks_its_settings() {
    let plugin = evaluating(STEADY).load();
    let description = plugin.describe().unwrap();
    assert_eq!((&*description.name, &*description.settings_schema), ("steady", "steady"));
    assert_eq!(plugin.check("{}").unwrap().unwrap(), bellwire_core::Wants::default());
    let problems = plugin.check("").unwrap().unwrap_err();
    assert_eq!((problems.len(), &*problems[0].path, &*problems[0].message), (1, "steady", "steady"));
}

/// Of the second alert, whose texts lie behind the first's: its fingerprint as key, its annotation as target.
#[test]
fn facts_arrive_where_the_contract_has_them() {
    let guest = evaluating(
        "(local $alert i32) (local $annotation i32)
        (local.set $alert (i32.add (i32.load offset=132 (local.get $in)) (i32.const 64)))
        (local.set $annotation (i32.load offset=20 (local.get $alert)))
        (call $notify (i32.load (local.get $alert)) (i32.load offset=4 (local.get $alert)) (i32.const 1)
            (i32.load offset=8 (local.get $annotation)) (i32.load offset=12 (local.get $annotation)))
        (i32.store8 (i32.const 1048) (i32.const 1))
        (i64.store (i32.const 1056) (i64.add (i64.load offset=8 (local.get $in)) (i64.load offset=32 (local.get $alert))))
        (call $decide (i32.load offset=16 (local.get $in)) (i32.load offset=20 (local.get $in)))",
    );
    let decision = guest.evaluate().result.unwrap();
    assert_eq!(decision.check(), Ok(()));
    assert_eq!(decision.reason, "payments-42");
    assert_eq!(decision.next_check, Some(Instant::from_millis(1_007)));
    assert_eq!(decision.notices.len(), 1);
    assert_eq!(decision.notices[0].key, facts().incident.alerts[1].fingerprint.to_string());
    assert_eq!(decision.notices[0].to, [Target::Person("it burns".into())]);
    assert!(decision.notices[0].page);
}

#[test]
fn a_thousand_evaluations_are_one() {
    let plugin = evaluating(STEADY).load();
    let facts = facts();
    let first = plugin.evaluate("{}", &facts);
    for _ in 0..1_000 {
        let again = plugin.evaluate("{}", &facts);
        assert_eq!((&again.result, again.fuel, again.memory_bytes), (&first.result, first.fuel, first.memory_bytes));
    }
}

/// What one call leaves in its memory is not there in the next.
#[test]
fn remembers_nothing() {
    let guest = evaluating(
        "(if (i32.load (i32.const 131000)) (then unreachable))
        (i32.store (i32.const 131000) (i32.const 1))
        (call $decide (i32.const 2048) (i32.const 6))",
    );
    let plugin = guest.load();
    for _ in 0..20 {
        assert_eq!(plugin.evaluate("{}", &facts()).result, Ok(steady()));
    }
}

#[test]
fn a_refusal_is_the_fault_that_it_names() {
    let refusal = |case: &str| evaluating(&format!("(call $refuse (i32.const {case}))")).fault();
    assert_eq!(refusal("0"), PluginFault::Settings("steady".into()));
    assert_eq!(refusal("1"), PluginFault::NotApplicable("steady".into()));
    assert_eq!(refusal("2"), PluginFault::Failed("steady".into()));
    assert_eq!(refusal("3"), PluginFault::Failed("steady: steady".into()));
    assert!(matches!(refusal("4"), PluginFault::Trap(_)));
}

#[test]
fn a_loop_runs_out_of_fuel() {
    let evaluation = evaluating("(loop $for_ever (br $for_ever)) unreachable").evaluate();
    assert_eq!(evaluation.result, Err(PluginFault::OutOfFuel(50_000_000)));
    assert_eq!(evaluation.fuel, 50_000_000);
}

#[test]
fn a_loop_with_fuel_for_ever_runs_out_of_time() {
    let limits = Limits { fuel_max: u64::MAX, time_max: Duration::from_millis(50), ..Limits::default() };
    let module = evaluating("(loop $for_ever (br $for_ever)) unreachable").module();
    let evaluation = engine(limits).load(&module).unwrap().evaluate("{}", &facts());
    assert_eq!(evaluation.result, Err(PluginFault::OutOfTime(50)));
    assert!(evaluation.elapsed >= Duration::from_millis(50), "{:?}", evaluation.elapsed);
}

#[test]
fn growing_is_out_of_memory() {
    let guest = evaluating("(loop $for_ever (drop (memory.grow (i32.const 100))) (br $for_ever)) unreachable");
    assert_eq!(guest.fault(), PluginFault::OutOfMemory(64 << 20));
    let guest = evaluating("(drop (memory.grow (i32.const 65535))) unreachable");
    assert_eq!(guest.fault(), PluginFault::OutOfMemory(64 << 20));
}

#[test]
fn tables_are_bounded() {
    let guest = Guest {
        items: "(table $functions 1 funcref)",
        evaluate: "(drop (table.grow $functions (ref.null func) (i32.const 20000))) unreachable",
        ..Guest::default()
    };
    assert_eq!(guest.fault(), PluginFault::Trap("it asked for a table of more than 20000 elements".into()));
}

#[test]
fn a_trap_says_what_and_where() {
    let guest =
        Guest { items: "(func $explode unreachable)", evaluate: "(call $explode) unreachable", ..Guest::default() };
    assert_eq!(guest.fault(), PluginFault::Trap("wasm `unreachable` instruction executed, in explode".into()));
    let guest = Guest {
        items: "(func $dig (param i32) (result i32) (i32.add (call $dig (local.get 0)) (i32.const 1)))",
        evaluate: "(call $dig (i32.const 0))",
        ..Guest::default()
    };
    assert_eq!(guest.fault(), PluginFault::Trap("call stack exhausted, in dig".into()));
}

#[test]
fn an_answer_has_a_size() {
    let reason = |bytes: u32| {
        evaluating(&format!(
            "(drop (memory.grow (i32.const 100))) (call $decide (i32.const 131072) (i32.const {bytes}))"
        ))
        .fault()
    };
    assert_eq!(
        reason(70_000),
        PluginFault::OutputTooLarge("a decision of 70000 bytes; at most 65536 are taken".into())
    );
    assert_eq!(reason(5_000_000), PluginFault::OutputTooLarge("more than 1048576 bytes at once".into()));
    // A list of a length that no memory could hold.
    let notices =
        evaluating("(i32.store (i32.const 1040) (i32.const 0x7fffffff)) (call $decide (i32.const 2048) (i32.const 6))");
    assert!(matches!(notices.fault(), PluginFault::Trap(_) | PluginFault::OutputTooLarge(_)));
}

#[test]
fn an_answer_that_is_no_answer_is_a_trap() {
    let utf8 = evaluating("(call $decide (i32.const 2064) (i32.const 2))").fault();
    assert!(matches!(&utf8, PluginFault::Trap(message) if message.contains("utf-8")), "{utf8:?}");
    let outside = evaluating("(call $decide (i32.const 0x7fffffff) (i32.const 6))").fault();
    assert!(matches!(&outside, PluginFault::Trap(message) if message.contains("out of bounds")), "{outside:?}");
    let pointer = evaluating("(i32.const 0x7ffffff8)").fault();
    assert!(matches!(&pointer, PluginFault::Trap(_)), "{pointer:?}");
}

#[test]
fn a_target_of_a_later_contract_is_unknown() {
    let guest = evaluating(
        "(call $notify (i32.const 2048) (i32.const 6) (i32.const 3) (i32.const 2048) (i32.const 6))
        (i64.store align=4 (i32.const 1172) (i64.const 0x600000800))
        (call $decide (i32.const 2048) (i32.const 6))",
    );
    assert_eq!(guest.fault(), PluginFault::UnknownTarget("steady:steady".into()));
}

#[test]
fn the_log_has_an_end() {
    let flood = |times: u32| {
        let evaluate = format!(
            "(local $left i32) (local.set $left (i32.const {times}))
            (loop $next
                (call $log (i32.const 2) (i32.const 100000) (i32.const 5000))
                (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
            (call $decide (i32.const 2048) (i32.const 6))"
        );
        Guest { imports: LOG, evaluate: &evaluate, ..Guest::default() }.evaluate()
    };
    let evaluation = flood(1_000);
    assert_eq!(evaluation.result, Ok(steady()));
    assert_eq!(evaluation.log.len(), 100);
    assert!(evaluation.log.iter().all(|line| line.message.len() == 1_024 && line.level == LogLevel::Warn));
    assert_eq!(flood(u32::MAX).result, Err(PluginFault::OutOfFuel(50_000_000)));
}

#[test]
fn preview_1_gives_nothing_away() {
    let clock = Guest {
        imports: r#"(import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))"#,
        evaluate: "(drop (call $clock (i32.const 0) (i64.const 0) (i32.const 1056)))
            (i64.store (i32.const 1056) (i64.div_u (i64.load (i32.const 1056)) (i64.const 1000000)))
            (i32.store8 (i32.const 1048) (i32.const 1))
            (call $decide (i32.const 2048) (i32.const 6))",
        ..Guest::default()
    };
    assert_eq!(clock.evaluate().result.unwrap().next_check, Some(Instant::from_millis(1_700_000_000_000)));
    let files = Guest {
        imports: r#"(import "wasi_snapshot_preview1" "path_unlink_file" (func (param i32 i32 i32) (result i32)))"#,
        evaluate: STEADY,
        ..Guest::default()
    };
    assert_eq!(refused(&files.module()), LoadError::ImportsPreview1(vec!["path_unlink_file".into()]));
}

#[test]
fn what_is_no_policy_is_refused_by_name() {
    let component = |text: &str| refused(&wat::parse_str(text).unwrap());
    let wasi = component(
        r#"(component (import "wasi:cli/environment@0.2.0" (instance)) (import "wasi:clocks/wall-clock@0.2.0" (instance))
            (import "bellwire:policy/log@0.1.1" (instance)))"#,
    );
    assert_eq!(
        wasi,
        LoadError::ImportsWasi(vec!["wasi:cli/environment@0.2.0".into(), "wasi:clocks/wall-clock@0.2.0".into()])
    );
    assert!(wasi.to_string().contains("--stub-wasi"), "{wasi}");
    let unknown = component(r#"(component (import "acme:network/sockets" (instance)))"#);
    assert_eq!(unknown, LoadError::ImportsUnknown(vec!["acme:network/sockets".into()]));
    assert_eq!(component("(component)"), LoadError::NoWorld { wanted: World::Policy, exports: Vec::new() });
    let empty = component(r#"(component (instance $i) (export "bellwire:policy/evaluator@0.1.1" (instance $i)))"#);
    assert!(matches!(&empty, LoadError::OtherTypes { why, .. } if why.contains("describe")), "{empty}");
    assert_eq!(component("(module)"), LoadError::NoComponentType);
    let nothing = embed(r#"(module (memory (export "memory") 1))"#, WIT);
    let nothing = refused(&nothing);
    assert!(matches!(&nothing, LoadError::NotEncodable(reason) if reason.contains("`describe`")), "{nothing}");
    assert_eq!(refused(b"#!/bin/sh"), LoadError::NotWasm);
    assert_eq!(refused(b""), LoadError::NotWasm);
}

#[test]
fn another_version_or_other_types_are_refused() {
    let text = evaluating(STEADY).text();
    let later = embed(&text.replace("@0.1.1", "@0.2.0"), &WIT.replace("policy@0.1.1", "policy@0.2.0"));
    assert_eq!(refused(&later), LoadError::OtherVersion("bellwire:policy/evaluator@0.2.0".into()));
    let renamed = embed(&text, &WIT.replace("    reason: string", "    because: string"));
    let error = refused(&renamed);
    assert!(matches!(&error, LoadError::OtherTypes { why, .. } if why.contains("reason")), "{error}");
}

/// Within 0.1, a later plugin only has more.
#[test]
fn a_later_release_of_the_same_contract_is_taken() {
    let evaluate = format!("(call $log (i32.const 0) (i32.const 2048) (i32.const 6)) {STEADY}");
    let text = Guest { imports: LOG, evaluate: &evaluate, ..Guest::default() }.text();
    let later = embed(&text.replace("@0.1.1", "@0.1.7"), &WIT.replace("policy@0.1.1", "policy@0.1.7"));
    let evaluation = engine(limits()).load(&later).unwrap().evaluate("{}", &facts());
    assert_eq!(evaluation.result, Ok(steady()));
    assert_eq!(evaluation.log[0].message, "steady");
}

#[test]
fn half_a_file_is_never_taken() {
    let module = evaluating(STEADY).module();
    let component = ComponentEncoder::default().module(&module).unwrap().encode().unwrap();
    let engine = engine(limits());
    for whole in [module, component] {
        for length in (0..whole.len()).step_by(97) {
            assert!(engine.load(&whole[..length]).is_err(), "{length} of {} bytes", whole.len());
        }
        let small = Limits { module_bytes_max: whole.len() - 1, ..limits() };
        let error = self::engine(small).load(&whole).err().unwrap();
        assert_eq!(error, LoadError::TooLarge { bytes: whole.len(), max: whole.len() - 1 });
    }
}

/// Some languages' tools put components of their own inside: what the runtime makes to connect them has two memories.
#[test]
fn a_component_may_be_made_of_components() {
    let inside = r#"
        (component $callee
            (core module $module (memory (export "memory") 1)
                (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
                (func (export "take") (param i32 i32)))
            (core instance $core (instantiate $module))
            (func (export "take") (param "text" string)
                (canon lift (core func $core "take") (memory (core memory $core "memory"))
                    (realloc (core func $core "realloc")))))
        (component $caller
            (import "take" (func $take (param "text" string)))
            (core module $memory (memory (export "memory") 1))
            (core instance $memory (instantiate $memory))
            (core func $lowered (canon lower (func $take) (memory (core memory $memory "memory"))))
            (core module $module (import "callee" "take" (func (param i32 i32)))
                (func (export "run") (call 0 (i32.const 0) (i32.const 0))))
            (core instance $core (instantiate $module (with "callee" (instance (export "take" (func $lowered))))))
            (func (export "run") (canon lift (core func $core "run"))))
        (instance $callee (instantiate $callee))
        (instance $caller (instantiate $caller (with "take" (func $callee "take"))))"#;
    let evaluator = r#"(instance $empty) (export "bellwire:policy/evaluator@0.1.1" (instance $empty))"#;
    let error = refused(&wat::parse_str(format!("(component {inside} {evaluator})")).unwrap());
    assert!(matches!(&error, LoadError::OtherTypes { why, .. } if why.contains("describe")), "{error}");
}

#[test]
fn what_cannot_start_is_refused_at_load() {
    let starting = |items: &str| refused(&Guest { items, evaluate: STEADY, ..Guest::default() }.module());
    let for_ever = starting("(func $main (loop $for_ever (br $for_ever))) (start $main)");
    assert_eq!(for_ever, LoadError::Unstartable(PluginFault::OutOfFuel(50_000_000)));
    let table = starting("(table 30000 funcref)");
    assert!(table.to_string().contains("20000"), "{table}");
    let threads = starting("(func (drop (i32.atomic.load (i32.const 0))))");
    assert!(matches!(&threads, LoadError::Rejected(reason) if reason.contains("threads")), "{threads}");
}

#[test]
fn without_room_for_a_pool_everything_is_as_before() {
    let module = evaluating(STEADY).module();
    // 200,000 memories of 4 GiB of address space are more than there is.
    let unpooled = Engine::new(Settings { calls_max: 100_000, ..Settings::default() }).unwrap();
    let [pooled, unpooled] =
        [engine(limits()), unpooled].map(|engine| engine.load(&module).unwrap().evaluate("{}", &facts()));
    assert_eq!(unpooled.result, Ok(steady()));
    assert_eq!(unpooled.fuel, pooled.fuel);
}

fn cached(directory: &Path) -> Engine {
    Engine::new(Settings { cache_directory: Some(directory.to_owned()), ..Settings::default() }).unwrap()
}

#[test]
fn cached_code_decides_alike_and_damaged_code_is_compiled_again() {
    let directory = tempfile::tempdir().unwrap();
    let cache = directory.path().join("code");
    let module = evaluating(STEADY).module();
    let evaluate = || {
        let evaluation = cached(&cache).load(&module).unwrap().evaluate("{}", &facts());
        (evaluation.result, evaluation.fuel)
    };
    let fresh = evaluate();
    assert_eq!(fresh.0, Ok(steady()));
    let files: Vec<_> = fs::read_dir(&cache).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1);
    let code = fs::read(&files[0]).unwrap();
    let modified = || fs::metadata(&files[0]).unwrap().modified().unwrap();
    let written = modified();
    assert_eq!(evaluate(), fresh);
    assert_eq!(modified(), written, "a hit writes nothing");

    let mut flipped = code.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    for damaged in [&flipped[..], &code[..code.len() - 1], b"", b"short"] {
        fs::write(&files[0], damaged).unwrap();
        assert_eq!(evaluate(), fresh);
        assert_eq!(fs::read(&files[0]).unwrap().len(), code.len(), "it is written anew");
    }
}

#[test]
fn a_cache_that_others_may_write_to_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let cache = directory.path().join("code");
    drop(cached(&cache));
    assert_eq!(fs::metadata(&cache).unwrap().permissions().mode() & 0o777, 0o700);
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o770)).unwrap();
    let error = Engine::new(Settings { cache_directory: Some(cache), ..Settings::default() }).err().unwrap();
    assert!(matches!(error, EngineError::Cache(CacheError::Writable(_))), "{error}");
}

fn job(plugin: &Arc<Plugin>, done: impl FnOnce(Evaluation) + Send + 'static) -> Job {
    Job {
        team: "payments".into(),
        plugin: plugin.clone(),
        settings: "{}".into(),
        facts: Box::new(facts()),
        done: Box::new(done),
    }
}

#[test]
fn the_pool_outlives_traps_and_panics() {
    // More threads than the engine runs calls: some wait for their turn.
    let engine = Engine::new(Settings { limits: limits(), calls_max: 1, cache_directory: None }).unwrap();
    let [good, bad] =
        [STEADY, "unreachable"].map(|evaluate| Arc::new(engine.load(&evaluating(evaluate).module()).unwrap()));
    let pool = Pool::new(4, 64).unwrap();
    let (answer, answers) = mpsc::sync_channel(64);
    for number in 0..30 {
        let plugin = if number % 3 == 0 { &bad } else { &good };
        let answer = answer.clone();
        let submitted = pool.submit(job(plugin, move |evaluation| {
            answer.send(evaluation.result.is_ok()).unwrap();
            assert!(number % 5 > 0, "whoever asked panics on its answer");
        }));
        assert!(submitted.is_ok());
    }
    drop(answer);
    let answers: Vec<bool> = answers.iter().collect();
    assert_eq!((answers.len(), answers.iter().filter(|good| **good).count()), (30, 20));
}

#[test]
fn a_team_that_takes_its_time_leaves_a_thread_to_the_others() {
    let plugin = Arc::new(evaluating(STEADY).load());
    let pool = Pool::new(3, 64).unwrap();
    let (busy, is_busy) = mpsc::sync_channel(8);
    let slow = Arc::new(Mutex::new(()));
    let held = slow.lock().unwrap();
    for _ in 0..5 {
        let (busy, slow) = (busy.clone(), slow.clone());
        let done = move |_| {
            busy.send(()).unwrap();
            drop(slow.lock());
        };
        assert!(pool.submit(job(&plugin, done)).is_ok());
    }
    (0..2).for_each(|_| is_busy.recv().unwrap());
    let (answer, answers) = mpsc::sync_channel(8);
    for team in ["search", "shop", "search"] {
        let answer = answer.clone();
        let job = Job { team: team.into(), ..job(&plugin, move |_| answer.send(team).unwrap()) };
        assert!(pool.submit(job).is_ok());
        assert_eq!(answers.recv_timeout(Duration::from_secs(60)), Ok(team));
    }
    assert!(is_busy.try_recv().is_err(), "two of three threads are all that it has");
    drop(held);
    (0..3).for_each(|_| is_busy.recv().unwrap());
}

#[test]
fn a_full_queue_gives_the_job_back() {
    let plugin = Arc::new(evaluating(STEADY).load());
    let pool = Pool::new(1, 1).unwrap();
    let (busy, is_busy) = mpsc::sync_channel(0);
    let (release, released) = mpsc::sync_channel::<()>(0);
    let first = job(&plugin, move |_| {
        busy.send(()).unwrap();
        released.recv().unwrap();
    });
    assert!(pool.submit(first).is_ok());
    is_busy.recv().unwrap();
    let (answer, answers) = mpsc::sync_channel(2);
    let [second, third] = [answer.clone(), answer].map(|answer| job(&plugin, move |e| answer.send(e.result).unwrap()));
    assert!(pool.submit(second).is_ok());
    let Err(Full(third)) = pool.submit(third) else { panic!("the queue has one place") };
    release.send(()).unwrap();
    assert_eq!(answers.recv().unwrap(), Ok(steady()));
    assert!(pool.submit(third).is_ok());
    assert_eq!(answers.recv().unwrap(), Ok(steady()));
}
