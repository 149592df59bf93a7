//! `bellwire plugin`, as somebody uses it who writes policies: no server, no configuration, only files.

use crate::process::{Ended, bellwire, run};
use crate::stage::Stage;
use std::{fs, path::Path};

/// Both rules that a person on call counts on are broken: nobody is paged for 45 minutes, and an acknowledgement is
/// over after 30 seconds.
const CARELESS: &str = r#"# Ours.
[settings]
default_priority = "P1"
[settings.ladders.P1]
ack_timeout = "30s"
steps = [
    { to = ["channel"], page = false },
    { after = "45m", to = ["schedule:oncall"] },
]

[[case]]
name = "the channel first"
alerts = [{ labels = { alertname = "Down", job = "x" }, annotations = { summary = "y" } }]
[case.decision]
priority = "P2"    # or not?
reason = "P1 by default, as no rule matches; step 1 of 2, next at +45m"
next_check = "+45m"
notices = [{ key = "p1-step-1", to = ["channel"] }]
"#;

async fn plugin(stage: &Stage, arguments: &[&str]) -> Ended {
    run(&mut bellwire(stage, &[&["plugin"], arguments].concat())).await
}

fn write(stage: &Stage, name: &str, contents: impl AsRef<[u8]>) {
    fs::write(stage.path(name), contents).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cases_of_the_standard_policy_pass_through_its_plugin_and_every_rule_holds() {
    let stage = Stage::new().await;
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/standard/cases");
    let cases = cases.to_str().unwrap();
    let tested = plugin(&stage, &["test", "plugins/standard.wasm", cases, "--properties", "--incidents", "30"]).await;
    assert_eq!((tested.code, tested.error.as_str()), (Some(0), ""), "{tested:?}");
    assert!(tested.out.contains("passed  the first step at once  ("), "{tested:?}");
    assert!(tested.out.contains("holds   an acknowledgement stops it\n"), "{tested:?}");
    assert!(tested.out.contains("holds   every P1 pages somebody in time ("), "{tested:?}");

    let inspected = plugin(&stage, &["inspect", "plugins/standard.wasm", "--cases", cases]).await;
    assert_eq!(inspected.code, Some(0), "{inspected:?}");
    for line in
        ["door      a component", "imports   bellwire:policy/", "name      standard", "FUEL ", "the first step at once"]
    {
        assert!(inspected.out.contains(line), "{line}: {inspected:?}");
    }
    let measured = plugin(&stage, &["bench", "plugins/standard.wasm", cases, "--evaluations", "20"]).await;
    assert_eq!(measured.code, Some(0), "{measured:?}");
    assert!(measured.out.contains("compile   ") && measured.out.contains("p99       "), "{measured:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_differs_is_shown_and_taken_with_update() {
    let stage = Stage::new().await;
    write(&stage, "ours.toml", CARELESS);
    let test = ["test", "plugins/standard.wasm", "ours.toml"];
    let tested = plugin(&stage, &test).await;
    assert_eq!(tested.code, Some(1), "{tested:?}");
    assert!(tested.out.contains("DIFFERS the channel first"), "{tested:?}");
    assert!(tested.out.contains("- priority = \"P2\"\n          + priority = \"P1\"\n"), "{tested:?}");
    assert!(tested.error.starts_with("bellwire: 1 of 1 case failed (- was expected, + was decided;"), "{tested:?}");

    let updated = plugin(&stage, &[&test[..], &["--update"]].concat()).await;
    assert_eq!(updated.code, Some(0), "{updated:?}");
    let text = fs::read_to_string(stage.path("ours.toml")).unwrap();
    assert_eq!(text, CARELESS.replace("\"P2\"    # or not?", "\"P1\"    # or not?"));
    assert_eq!(plugin(&stage, &test).await.code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incident_that_breaks_a_rule_is_cut_down_and_shown() {
    let stage = Stage::new().await;
    write(&stage, "ours.toml", CARELESS.replace("\"P2\"", "\"P1\""));
    let test = ["test", "plugins/standard.wasm", "ours.toml", "--properties", "7"];
    let late = plugin(&stage, &test).await;
    assert_eq!(late.code, Some(1), "{late:?}");
    assert_eq!(late.error, "bellwire: it does not hold that every P1 pages somebody in time\n");
    assert!(late.out.contains("with     {}\n  +0m P1 it tells receiver:channel (p1-step-1)\n  BROKEN"), "{late:?}");
    assert_eq!(plugin(&stage, &test).await.out, late.out, "the same seed, the same incident");

    let patient = [&test[..], &["--within", "1h"]].concat();
    let restless = plugin(&stage, &patient).await;
    assert_eq!(restless.error, "bellwire: it does not hold that an acknowledgement stops it\n", "{restless:?}");
    assert!(restless.out.contains("ann acknowledges\n  BROKEN   acknowledged at +"), "{restless:?}");

    write(&stage, "ours.toml", CARELESS.replace("\"P2\"", "\"P1\"").replace("30s", "30m"));
    assert_eq!(plugin(&stage, &patient).await.code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_alert_gets_its_decision_and_the_reason() {
    let stage = Stage::new().await;
    let run = ["run", "plugins/passthrough.wasm", "alertname=Down", "--settings"];
    let decided = plugin(&stage, &[&run[..], &["to = \"schedule:oncall\""]].concat()).await;
    assert_eq!(decided.code, Some(0), "{decided:?}");
    assert!(
        decided.out.starts_with(
            "priority  P2\nreason    P2: everything goes to schedule:oncall\ntells     schedule:oncall (told, page)\n"
        ),
        "{decided:?}"
    );
    let wrong = plugin(&stage, &[&run[..], &[r#"{ "to": "team:x", "at": 1 }"#]].concat()).await;
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    assert!(wrong.error.contains("at: unknown field `at`"), "{wrong:?}");
    assert!(wrong.error.contains("to: unknown kind of target"), "{wrong:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_policy_is_refused_in_words() {
    let stage = Stage::new().await;
    let whole = fs::read(stage.plugin("standard")).unwrap();
    write(&stage, "text.wasm", "hello");
    write(&stage, "cut.wasm", &whole[..whole.len() / 2]);
    write(&stage, "empty.wasm", wat::parse_str("(component)").unwrap());
    write(
        &stage,
        "wasi.wasm",
        wat::parse_str(r#"(component (import "wasi:random/random@0.2.0" (instance)))"#).unwrap(),
    );
    let refusals = [
        ("text.wasm", "it is not WebAssembly"),
        ("cut.wasm", "it is damaged or cut short"),
        ("empty.wasm", "does not export bellwire:policy/evaluator (it exports nothing)"),
        ("wasi.wasm", "imports wasi:random/random@0.2.0"),
        ("none.wasm", "cannot be read"),
    ];
    for (file, words) in refusals {
        for command in ["inspect", "run"] {
            let alert = if command == "run" { Some("a=b") } else { None };
            let arguments: Vec<&str> = [command, file].into_iter().chain(alert).collect();
            let refused = plugin(&stage, &arguments).await;
            assert_eq!(refused.code, Some(2), "{file}: {refused:?}");
            assert!(refused.error.contains(file) && refused.error.contains(words), "{refused:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_policy_is_built_by_what_its_file_says() {
    let stage = Stage::new().await;
    let new = ["new", "--lang", "rust", "on-fire"];
    let made = plugin(&stage, &new).await;
    assert_eq!(made.code, Some(0), "{made:?}");
    assert!(made.out.ends_with("  cd on-fire\n  bellwire plugin build\n"), "{made:?}");
    for file in [
        "plugin.toml",
        "Cargo.toml",
        "cases/cases.toml",
        "sdk/rust/Cargo.toml",
        "sdk/cases/Cargo.toml",
        "sdk/wit/policy.wit",
    ] {
        assert!(stage.path("on-fire").join(file).is_file(), "{file}");
    }
    let again = plugin(&stage, &new).await;
    assert_eq!((again.code, again.error.contains("is there already")), (Some(2), true), "{again:?}");

    // The shipped policy stands for what a compiler would make, as its cases are at hand.
    let manifest = "language = \"rust\"\noutput = \"out.wasm\"\ncommands = [[\"cp\", \"../plugins/passthrough.wasm\", \"out.wasm\"]]\n";
    write(&stage, "on-fire/plugin.toml", manifest);
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/passthrough/cases/passthrough.toml");
    fs::copy(cases, stage.path("on-fire/cases/cases.toml")).unwrap();
    let built = plugin(&stage, &["build", "on-fire"]).await;
    assert_eq!(built.code, Some(0), "{built:?}");
    assert!(built.out.contains("on-fire/out.wasm: ") && built.out.contains("2 cases: passed"), "{built:?}");

    let needs = "[needs]\nno-such-compiler = \"https://example.com/get\"\n";
    write(&stage, "on-fire/plugin.toml", format!("{manifest}{needs}"));
    let missing = plugin(&stage, &["build", "on-fire"]).await;
    assert_eq!(missing.code, Some(2), "{missing:?}");
    assert!(missing.error.contains("there is missing:\n  no-such-compiler: https://example.com/get"), "{missing:?}");
    let nowhere = plugin(&stage, &["build"]).await;
    assert!(nowhere.error.contains("there is no plugin.toml in .: `bellwire plugin new`"), "{nowhere:?}");
}
