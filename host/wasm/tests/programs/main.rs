//! Programs of the JSON door, most of them hostile: each must end in an answer or in the fault that it is, and find
//! nothing of the world.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking")]

use bellwire_core::{
    Acknowledgement, Alert, AlertState, Civil, Decision, Facts, IncidentFacts, IncidentId, IncidentState, Instant,
    Labels, OnCall, PluginFault, Priority, Sent, SentOutcome, Target, WindowFact,
};
use bellwire_wasm::{Engine, Evaluation, Limits, LoadError, LogLevel, LogLine, Plugin, Settings};
use std::{sync::Arc, time::Duration};

/// A program as the test wants it.
#[derive(Clone, Copy, Default)]
struct Program<'a> {
    imports: &'a str,
    items: &'a str,
    main: &'a str,
}

impl Program<'_> {
    fn module(&self) -> Vec<u8> {
        let Self { imports, items, main } = self;
        let template = include_str!("program.wat");
        let text = template.replace("\n  IMPORTS", imports).replace("\n  ITEMS", items).replace("\n    MAIN", main);
        wat::parse_str(text).unwrap()
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

    /// What it says with `$answer`.
    fn number(&self) -> u64 {
        self.evaluate().result.unwrap().reason.parse().unwrap()
    }
}

fn running(main: &str) -> Program<'_> {
    Program { main, ..Program::default() }
}

/// One that calls a function of preview 1, of that type.
fn calling<'a>(imports: &'a str, main: &'a str) -> Program<'a> {
    Program { imports, main, ..Program::default() }
}

fn import(name: &str, parameters: &str) -> String {
    format!(r#"(import "wasi_snapshot_preview1" "{name}" (func ${name} (param {parameters}) (result i32)))"#)
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

/// Something of everything.
fn facts() -> Facts {
    let at = Instant::from_millis;
    let labels = Labels::from_pairs([("alertname", "Fire"), ("severity", "critical")]);
    let alert = |state, ends_at| {
        Arc::new(Alert {
            fingerprint: labels.fingerprint(),
            annotations: Labels::from_pairs([("summary", "it \"burns\"\n\u{1f525}")]),
            labels: labels.clone(),
            generator_url: "".into(),
            state,
            starts_at: at(7),
            ends_at,
            updated_at: at(7),
            incidents: Vec::new(),
        })
    };
    let sent = |key: &str, to, outcome| Sent { key: key.into(), to, at: at(950), outcome };
    Facts {
        now: at(1_700_000_123_456),
        incident: IncidentFacts {
            id: IncidentId { team: "payments".into(), number: 42 },
            route: "root".into(),
            state: IncidentState::Acknowledged,
            group: Labels::from_pairs([("alertname", "Fire")]),
            opened_at: at(900),
            changed_at: at(901),
            reopened: 1,
            acknowledged: Some(Acknowledgement { by: "ann".into(), at: at(902) }),
            snoozed_until: None,
            escalated_at: Some(at(903)),
            priority: Some(Priority::P2),
            firing: 1,
            resolved: 1,
            alerts: vec![alert(AlertState::Firing, None), alert(AlertState::Resolved, Some(at(8)))],
            sent: vec![
                sent("a", Target::Receiver("team".into()), SentOutcome::Delivered),
                sent("b", Target::Person("ann".into()), SentOutcome::Pending),
                sent("c", Target::Schedule("primary".into()), SentOutcome::Nobody),
            ],
        },
        civil: vec![Civil {
            zone: "Europe/Berlin".into(),
            year: 2023,
            month: 11,
            day: 14,
            weekday: 2,
            hour: 23,
            minute: 15,
        }],
        windows: vec![WindowFact { name: "business-hours".into(), inside: false, changes_at: Some(at(9)) }],
        on_call: vec![OnCall { schedule: "primary".into(), people: vec!["ann".into(), "bob".into()], until: None }],
    }
}

fn steady() -> Decision {
    Decision { priority: Priority::P1, notices: Vec::new(), next_check: None, reason: "steady".into() }
}

const DECIDE: &str = "(call $decide)";
const FOR_EVER: &str = "(loop $for_ever (br $for_ever))";

/// Writes back as its log what it reads, and as its question, so that a test sees both.
const ECHO: &str = r#"
    (local $read i32)
    (loop $next
        (local.set $read (call $read (i32.const 4096) (i32.const 1000)))
        (drop (call $write (i32.const 2) (i32.const 4096) (local.get $read)))
        (br_if $next (local.get $read)))
    (call $decide)"#;

#[test]
fn a_program_decides_and_is_the_same_a_thousand_times() {
    let plugin = running(ECHO).load();
    let first = plugin.evaluate("{}", &facts());
    assert_eq!(first.result, Ok(steady()));
    assert_eq!(first.memory_bytes, 4 << 16);
    assert!(first.fuel > 0);
    for _ in 0..1_000 {
        let again = plugin.evaluate("{}", &facts());
        assert_eq!((&again.result, &again.log, again.fuel), (&first.result, &first.log, first.fuel));
    }
}

#[test]
fn the_question_is_its_argument() {
    let imports = import("args_sizes_get", "i32 i32") + &import("args_get", "i32 i32");
    // The second argument, as a line of the log, and the number of bytes that both have.
    let main = "
        (drop (call $args_sizes_get (i32.const 1040) (i32.const 1044)))
        (drop (call $args_get (i32.const 1048) (i32.const 4096)))
        (drop (call $write (i32.const 2) (i32.load (i32.const 1052)) (i32.const 8)))
        (call $answer (i64.add (i64.mul (i64.load32_u (i32.const 1040)) (i64.const 100)) (i64.load32_u (i32.const 1044))))";
    let evaluation = calling(&imports, main).evaluate();
    assert_eq!(evaluation.log, [LogLine { level: LogLevel::Info, message: "evaluate".into() }]);
    let bytes = "policy evaluate ".len();
    assert_eq!(evaluation.result.unwrap().reason, format!("{:020}", 200 + bytes));
}

#[test]
fn settings_that_are_no_json_do_not_reach_it() {
    let plugin = running(DECIDE).load();
    let fault = plugin.evaluate("{", &facts()).result.unwrap_err();
    assert!(matches!(&fault, PluginFault::Settings(why) if why.contains("not JSON")), "{fault}");
}

#[test]
fn facts_that_no_memory_would_hold_are_not_written_down() {
    let limits = Limits { memory_bytes_max: 4 << 16, ..limits() };
    let plugin = engine(limits).load(&running(DECIDE).module()).unwrap();
    let mut large = facts();
    large.on_call[0].people = vec!["ann".into(); 100_000];
    assert_eq!(plugin.evaluate("{}", &large).result, Err(PluginFault::OutOfMemory(4 << 16)));
    assert_eq!(plugin.evaluate("{}", &facts()).result, Ok(steady()));
}

#[test]
fn stdin_ends_and_stays_ended() {
    let main = "
        (drop (call $read (i32.const 4096) (i32.const 100000)))
        (call $answer (i64.extend_i32_u (i32.add
            (call $read (i32.const 4096) (i32.const 100000)) (call $read (i32.const 4096) (i32.const 0)))))";
    assert_eq!(running(main).number(), 0);
}

/// Two buffers in one write, then two in one read: the first half of `{"settings":` goes behind the second.
#[test]
fn several_buffers_are_one_stream() {
    let items = r#"(data (i32.const 1100) "\00\08\00\00\0a\00\00\00\0a\08\00\00\24\00\00\00")
        (data (i32.const 1120) "\06\10\00\00\06\00\00\00\00\10\00\00\06\00\00\00")"#;
    let main = "
        (drop (call $fd_write (i32.const 1) (i32.const 1100) (i32.const 2) (i32.const 1040)))
        (drop (call $fd_read (i32.const 0) (i32.const 1120) (i32.const 2) (i32.const 1044)))
        (if (i64.ne (i64.load (i32.const 1040)) (i64.const 0xc0000002e)) (then unreachable))
        (drop (call $write (i32.const 2) (i32.const 4096) (i32.const 12)))";
    let evaluation = Program { items, main, ..Program::default() }.evaluate();
    assert_eq!(evaluation.result, Ok(steady()));
    assert_eq!(evaluation.log, [LogLine { level: LogLevel::Info, message: r#"ings":{"sett"#.into() }]);
}

#[test]
fn nothing_on_stdout_is_no_answer() {
    let fault = running("").fault();
    assert_eq!(fault, PluginFault::BadDecision("it wrote nothing to stdout".into()));
    let description = running("").load().describe().unwrap_err();
    assert_eq!(description, PluginFault::Failed("it wrote nothing to stdout".into()));
}

#[test]
fn an_answer_that_is_none_is_said_so() {
    let json = running("(drop (call $write (i32.const 1) (i32.const 2048) (i32.const 20)))").fault();
    assert!(matches!(&json, PluginFault::BadDecision(why) if why.contains("EOF while parsing")), "{json}");
    let utf8 = running(
        "(i32.store8 (i32.const 2050) (i32.const 255)) (drop (call $write (i32.const 1) (i32.const 2048) (i32.const 46)))",
    );
    let why = "what it wrote to stdout is not UTF-8 from byte 2 on".to_owned();
    assert_eq!(utf8.fault(), PluginFault::BadDecision(why));
    let check = running(DECIDE).load().check("{}").unwrap_err();
    assert!(matches!(&check, PluginFault::Failed(why) if why.contains("unknown field `priority`")), "{check}");
}

#[test]
fn stdout_has_an_end() {
    let flood = "(loop $next (drop (call $write (i32.const 1) (i32.const 4096) (i32.const 1000))) (br $next))";
    assert_eq!(running(flood).fault(), PluginFault::OutputTooLarge("more than 65536 bytes on stdout".into()));
    let at_once = "(drop (call $write (i32.const 1) (i32.const 4096) (i32.const 100000)))";
    assert_eq!(running(at_once).fault(), PluginFault::OutputTooLarge("more than 65536 bytes on stdout".into()));
    // Of no bytes at all, for ever: it pays for each call.
    let idle = "(loop $next (drop (call $write (i32.const 1) (i32.const 4096) (i32.const 0))) (br $next))";
    assert_eq!(running(idle).fault(), PluginFault::OutOfFuel(50_000_000));
}

#[test]
fn the_log_has_an_end() {
    // A megabyte without a line's end, at most 64 KiB of it in one write.
    let long = "
        (drop (memory.grow (i32.const 20)))
        (memory.fill (i32.const 4096) (i32.const 120) (i32.const 1000000))
        (drop (call $write (i32.const 2) (i32.const 4096) (i32.const 1000000)))
        (call $answer (i64.load32_u (i32.const 1032)))";
    let evaluation = running(long).evaluate();
    assert_eq!(evaluation.result.unwrap().reason, format!("{:020}", 65_536));
    assert_eq!(evaluation.log, [LogLine { level: LogLevel::Info, message: "x".repeat(1_024) }]);
    let lines = "
        (local $left i32) (local.set $left (i32.const 1000))
        (i32.store16 (i32.const 4096) (i32.const 0x0a78))
        (loop $next
            (drop (call $write (i32.const 2) (i32.const 4096) (i32.const 2)))
            (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
        (call $decide)";
    let evaluation = running(lines).evaluate();
    assert_eq!((evaluation.result, evaluation.log.len()), (Ok(steady()), 100));
    let flood = "(loop $next (drop (call $write (i32.const 2) (i32.const 4096) (i32.const 60000))) (br $next))";
    assert_eq!(running(flood).fault(), PluginFault::OutOfFuel(50_000_000));
}

#[test]
fn a_line_of_the_log_may_begin_with_its_level() {
    let items = r#"(data (i32.const 4096) "warn: thin ice\n\nerror: \ff\r\nplain")"#;
    let main = "(drop (call $write (i32.const 2) (i32.const 4096) (i32.const 31))) (call $decide)";
    let log = Program { items, main, ..Program::default() }.evaluate().log;
    let line = |level, message: &str| LogLine { level, message: message.into() };
    assert_eq!(
        log,
        [line(LogLevel::Warn, "thin ice"), line(LogLevel::Error, "\u{fffd}"), line(LogLevel::Info, "plain")]
    );
}

#[test]
fn the_exit_code_counts_and_not_how_it_ends() {
    let zero = format!("{DECIDE} (call $proc_exit (i32.const 0)) unreachable");
    assert_eq!(running(&zero).evaluate().result, Ok(steady()));
    let silent = format!("{DECIDE} (call $proc_exit (i32.const 3)) unreachable");
    let why = "it exited with code 3 and said nothing on stderr".to_owned();
    assert_eq!(running(&silent).fault(), PluginFault::Failed(why));
    let items = r#"(data (i32.const 4096) "one\nerror: no luck today\n")"#;
    let main = "
        (drop (call $write (i32.const 2) (i32.const 4096) (i32.const 25)))
        (call $proc_exit (i32.const 70))";
    let evaluation = Program { items, main, ..Program::default() }.evaluate();
    assert_eq!(evaluation.result, Err(PluginFault::Failed("it exited with code 70: no luck today".into())));
    assert_eq!(evaluation.log.len(), 2);
    let trap = running("(call $decide) unreachable").fault();
    assert!(matches!(&trap, PluginFault::Trap(what) if what.contains("unreachable")), "{trap}");
}

#[test]
fn the_limits_are_those_of_every_policy() {
    assert_eq!(running(FOR_EVER).fault(), PluginFault::OutOfFuel(50_000_000));
    let grow = "(loop $for_ever (drop (memory.grow (i32.const 100))) (br $for_ever))";
    assert_eq!(running(grow).fault(), PluginFault::OutOfMemory(64 << 20));
    let items = "(func $dig (param i32) (result i32) (i32.add (call $dig (local.get 0)) (i32.const 1)))";
    let dig = Program { items, main: "(drop (call $dig (i32.const 0)))", ..Program::default() };
    assert_eq!(dig.fault(), PluginFault::Trap("call stack exhausted, in dig".into()));
    let items = "(table $functions 1 funcref)";
    let main = "(drop (table.grow $functions (ref.null func) (i32.const 20000)))";
    let table = Program { items, main, ..Program::default() }.fault();
    assert_eq!(table, PluginFault::Trap("it asked for a table of more than 20000 elements".into()));
    let impatient = Limits { fuel_max: u64::MAX, time_max: Duration::from_millis(50), ..Limits::default() };
    let evaluation = engine(impatient).load(&running(FOR_EVER).module()).unwrap().evaluate("{}", &facts());
    assert_eq!(evaluation.result, Err(PluginFault::OutOfTime(50)));
}

/// Where it points must be its own memory: else EFAULT (21), and never a fault of the host.
#[test]
fn a_pointer_outside_is_its_own_problem() {
    let imports = import("random_get", "i32 i32") + &import("clock_time_get", "i32 i64 i32");
    for call in [
        "(call $random_get (i32.const 0x7fffffff) (i32.const 1))",
        "(call $random_get (i32.const 4096) (i32.const -1))",
        "(call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 262137))",
        "(call $fd_write (i32.const 1) (i32.const -8) (i32.const 1) (i32.const 1032))",
        "(call $fd_read (i32.const 0) (i32.const -1) (i32.const 1) (i32.const 1032))",
        "(call $write (i32.const 1) (i32.const 262143) (i32.const 2))",
        "(call $write (i32.const 2) (i32.const -1) (i32.const -1))",
    ] {
        let main = format!("(call $answer (i64.extend_i32_u {call}))");
        assert_eq!(calling(&imports, &main).number(), 21, "{call}");
    }
    let vectors = "(call $answer (i64.extend_i32_u (call $fd_write (i32.const 2) (i32.const 0) (i32.const -1) (i32.const 1032))))";
    assert_eq!(running(vectors).number(), 28, "EINVAL");
}

#[test]
fn there_are_no_files_no_sockets_and_no_other_descriptors() {
    let answer = |imports: &str, call: &str| {
        let main = format!("(call $answer (i64.extend_i32_u {call}))");
        calling(imports, &main).number()
    };
    let open = import("path_open", "i32 i32 i32 i32 i32 i64 i64 i32 i32");
    let arguments = "(i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0) (i64.const -1) (i64.const -1) (i32.const 0) (i32.const 1040)";
    assert_eq!(answer(&open, &format!("(call $path_open {arguments})")), 8);
    let prestat = import("fd_prestat_get", "i32 i32");
    assert_eq!(answer(&prestat, "(call $fd_prestat_get (i32.const 3) (i32.const 1040))"), 8);
    let accept = import("sock_accept", "i32 i32 i32");
    assert_eq!(answer(&accept, "(call $sock_accept (i32.const 3) (i32.const 0) (i32.const 1040))"), 8);
    assert_eq!(answer(&accept, "(call $sock_accept (i32.const 0) (i32.const 0) (i32.const 1040))"), 52);
    let seek = import("fd_seek", "i32 i64 i32 i32");
    assert_eq!(answer(&seek, "(call $fd_seek (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 1040))"), 70);
    assert_eq!(answer("", "(call $write (i32.const 4) (i32.const 0) (i32.const 1))"), 8);
    assert_eq!(answer("", "(call $write (i32.const 0) (i32.const 0) (i32.const 1))"), 8);
    assert_eq!(answer("", "(call $fd_read (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 1032))"), 8);
}

#[test]
fn there_is_no_environment() {
    let imports = import("environ_sizes_get", "i32 i32");
    let main = "
        (i64.store (i32.const 1040) (i64.const -1))
        (drop (call $environ_sizes_get (i32.const 1040) (i32.const 1044)))
        (call $answer (i64.load (i32.const 1040)))";
    assert_eq!(calling(&imports, main).number(), 0);
}

#[test]
fn every_clock_shows_the_facts_time_and_a_sleep_is_over_at_once() {
    let imports = import("clock_time_get", "i32 i64 i32") + &import("poll_oneoff", "i32 i32 i32 i32");
    for clock in 0..4 {
        let main = format!(
            "(drop (call $clock_time_get (i32.const {clock}) (i64.const 0) (i32.const 1040)))
            (call $answer (i64.load (i32.const 1040)))"
        );
        assert_eq!(calling(&imports, &main).number(), 1_700_000_123_456_000_000);
    }
    // An hour, by the monotonic clock; one event, of the clock, with the subscription's own number.
    let sleep = "
        (i64.store (i32.const 4096) (i64.const 77))
        (i32.store (i32.const 4112) (i32.const 1))
        (i64.store (i32.const 4120) (i64.const 3600000000000))
        (if (call $poll_oneoff (i32.const 4096) (i32.const 4200) (i32.const 1) (i32.const 1040)) (then unreachable))
        (if (i32.ne (i32.load (i32.const 1040)) (i32.const 1)) (then unreachable))
        (if (i64.ne (i64.load (i32.const 4200)) (i64.const 77)) (then unreachable))
        (if (i64.ne (i64.load (i32.const 4208)) (i64.const 0)) (then unreachable))
        (drop (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 1040)))
        (call $answer (i64.load (i32.const 1040)))";
    let evaluation = calling(&imports, sleep).evaluate();
    assert!(evaluation.elapsed < Duration::from_secs(60));
    assert_eq!(evaluation.result.unwrap().reason, format!("{:020}", 1_700_003_723_456_000_000_u64));
    let for_ever = "(loop $again
        (drop (call $poll_oneoff (i32.const 4096) (i32.const 4200) (i32.const 1) (i32.const 1040))) (br $again))";
    assert_eq!(calling(&imports, for_ever).fault(), PluginFault::OutOfFuel(50_000_000));
}

#[test]
fn random_numbers_follow_from_the_incident_and_the_time() {
    let imports = import("random_get", "i32 i32");
    let main = "
        (drop (call $random_get (i32.const 1040) (i32.const 8)))
        (call $answer (i64.load (i32.const 1040)))";
    let plugin = calling(&imports, main).load();
    let number = |facts: &Facts| plugin.evaluate("{}", facts).result.unwrap().reason;
    let first = number(&facts());
    assert_eq!(first, number(&facts()));
    let mut later = facts();
    later.now = Instant::from_millis(later.now.as_millis() + 1);
    let mut other = facts();
    other.incident.id.number += 1;
    assert_ne!(number(&later), first);
    assert_ne!(number(&other), first);
}

#[test]
fn what_is_no_command_is_refused_by_name() {
    let refused = |text: &str| refused(&wat::parse_str(text).unwrap());
    let foreign = refused(
        r#"(module (import "env" "exec" (func)) (import "wasi_snapshot_preview1" "fork" (func)) (func (export "_start")))"#,
    );
    let names = ["env.exec", "wasi_snapshot_preview1.fork"].map(str::to_owned);
    assert_eq!(foreign, LoadError::ImportsBeyondPreview1(names.into()));
    assert!(foreign.to_string().contains("it imports env.exec, wasi_snapshot_preview1.fork, but"), "{foreign}");
    let memory = refused(r#"(module (func (export "_start")))"#);
    assert_eq!(
        memory.to_string(),
        r#"it is no WASI command that can be run: it does not export its memory as "memory""#
    );
    let entry = refused(r#"(module (memory (export "memory") 1) (func (export "_start") (param i32)))"#);
    assert!(matches!(&entry, LoadError::OtherCommand(why) if why.contains("_start")), "{entry}");
    let types = refused(
        r#"(module (import "wasi_snapshot_preview1" "fd_close" (func)) (memory (export "memory") 1) (func (export "_start")))"#,
    );
    assert!(matches!(&types, LoadError::Rejected(why) if why.contains("fd_close")), "{types}");
    let start = refused(
        r#"(module (memory (export "memory") 1) (func $spin (loop (br 0))) (start $spin) (func (export "_start")))"#,
    );
    assert_eq!(start, LoadError::Unstartable(PluginFault::OutOfFuel(50_000_000)));
    let shared = refused(r#"(module (memory (export "memory") 1 1 shared) (func (export "_start")))"#);
    assert!(matches!(&shared, LoadError::Rejected(_)), "{shared}");
    let wide = refused(r#"(module (memory (export "memory") i64 1) (func (export "_start")))"#);
    assert!(matches!(&wide, LoadError::Rejected(_)), "{wide}");
}

#[test]
fn half_a_program_is_never_taken() {
    let whole = running(DECIDE).module();
    let engine = engine(limits());
    // What comes after its code is data, without which a program is whole and only says nothing.
    let data = whole.windows(6).position(|bytes| bytes == b"{\"ok\":").unwrap();
    for length in (0..data).step_by(7) {
        let half = engine.load(&whole[..length]).map(|plugin| plugin.evaluate("{}", &facts()).result);
        assert!(!matches!(half, Ok(Ok(_))), "{length} of {} bytes", whole.len());
    }
}

#[test]
fn cached_code_decides_alike() {
    let directory = tempfile::tempdir().unwrap();
    let cache = directory.path().join("code");
    let module = running(DECIDE).module();
    let load = || {
        let settings = Settings { cache_directory: Some(cache.clone()), ..Settings::default() };
        Engine::new(settings).unwrap().load(&module).unwrap().evaluate("{}", &facts())
    };
    let fresh = load();
    assert_eq!(std::fs::read_dir(&cache).unwrap().count(), 1);
    let cached = load();
    assert_eq!((cached.result, cached.fuel), (fresh.result, fresh.fuel));
}
