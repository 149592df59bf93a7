//! `bellwire plugin`, as somebody uses it who writes plugins: no server, no configuration, only files.

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
    assert!(tested.error.starts_with("bellwire: 1 of 1 case failed (- was expected, + was answered;"), "{tested:?}");

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
    write(
        &stage,
        "newer.wasm",
        wat::parse_str(r#"(component (instance $i) (export "bellwire:policy/evaluator@0.2.0" (instance $i)))"#)
            .unwrap(),
    );
    let refusals = [
        ("text.wasm", "it is not WebAssembly"),
        ("cut.wasm", "it is damaged or cut short"),
        ("empty.wasm", "does not export bellwire:policy/evaluator (it exports nothing)"),
        (
            "newer.wasm",
            "it is built for bellwire:policy/evaluator@0.2.0; this Bellwire knows bellwire:policy 0.1.0 and",
        ),
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
    let manifest = "language = \"rust\"\noutput = \"deep/on_fire.wasm\"\n\
                    commands = [[\"mkdir\", \"-p\", \"deep\"], [\"cp\", \"../plugins/passthrough.wasm\", \"deep/on_fire.wasm\"]]\n";
    write(&stage, "on-fire/plugin.toml", manifest);
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/passthrough/cases/passthrough.toml");
    fs::copy(cases, stage.path("on-fire/cases/cases.toml")).unwrap();
    let built = plugin(&stage, &["build", "on-fire"]).await;
    assert_eq!(built.code, Some(0), "{built:?}");
    assert!(built.out.contains("on-fire/on-fire.wasm: ") && built.out.contains("2 cases: passed"), "{built:?}");

    let needs = "[needs]\nno-such-compiler = \"https://example.com/get\"\n";
    write(&stage, "on-fire/plugin.toml", format!("{manifest}{needs}"));
    let missing = plugin(&stage, &["build", "on-fire"]).await;
    assert_eq!(missing.code, Some(2), "{missing:?}");
    assert!(missing.error.contains("there is missing:\n  no-such-compiler: https://example.com/get"), "{missing:?}");
    let nowhere = plugin(&stage, &["build"]).await;
    assert!(nowhere.error.contains("there is no plugin.toml in .: `bellwire plugin new`"), "{nowhere:?}");
}

/// Of the shipped source that reads any JSON.
const MONITOR: &str = r#"settings = { labels = { alertname = { at = "/check" } }, annotations = { summary = { at = "/message" } } }

[[case]]
name = "a check"   # ours
body = '{ "check": "disk", "message": "91 % full" }'
[[case.alerts]]
labels.alertname = "disk"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_source_shows_its_alerts_and_its_cases_are_updated() {
    let stage = Stage::new().await;
    stage.install("generic-json");
    let source = "plugins/generic-json.wasm";
    write(&stage, "monitor.toml", MONITOR);
    let test = ["test", source, "monitor.toml"];
    let tested = plugin(&stage, &test).await;
    assert_eq!(tested.code, Some(1), "{tested:?}");
    assert!(tested.out.contains("          + annotations.summary = \"91 % full\"\n"), "{tested:?}");
    let updated = plugin(&stage, &[&test[..], &["--update"]].concat()).await;
    assert_eq!(updated.code, Some(0), "{updated:?}");
    let text = fs::read_to_string(stage.path("monitor.toml")).unwrap();
    assert_eq!(text, format!("{MONITOR}annotations.summary = \"91 % full\"\n"));
    assert_eq!(plugin(&stage, &test).await.code, Some(0));

    write(&stage, "body.json", r#"{ "check": "disk", "message": "91 % full" }"#);
    let settings = "labels = { alertname = { at = \"/check\" } }";
    let run = ["run", source, "--settings", settings, "--body", "body.json"];
    let shown = plugin(&stage, &run).await;
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert!(shown.out.starts_with("firing    alertname=\"disk\"\n") && shown.out.contains("\ncost      "), "{shown:?}");
    write(&stage, "body.json", "no JSON");
    let refused = plugin(&stage, &run).await;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.error.starts_with("bellwire: it refuses the body, and tells its sender: "), "{refused:?}");
    let unfit = plugin(&stage, &["run", source, "--settings", "label = 1", "--body", "body.json"]).await;
    assert_eq!((unfit.code, unfit.error.contains("label: unknown field `label`")), (Some(2), true), "{unfit:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_shows_the_request_and_what_it_makes_of_the_response() {
    let stage = Stage::new().await;
    stage.install("telegram");
    let channel = "plugins/telegram.wasm";
    let run = ["run", channel, "--settings", "chat = \"-1001\"", "alertname=Down"];
    let with = |more: &[&'static str]| [&run[..], more].concat();
    let asked = plugin(&stage, &run).await;
    assert_eq!(asked.code, Some(0), "{asked:?}");
    let request = "request   POST https://api.telegram.org/bot{secret:token}/sendMessage\n";
    assert!(asked.out.starts_with(request) && asked.out.contains("P2 Down"), "{asked:?}");
    let slow = plugin(&stage, &with(&["--response", "503 busy"])).await;
    assert!(slow.out.starts_with("retry     ") && slow.out.contains("503"), "{slow:?}");
    let resolved = plugin(&stage, &with(&["--kind", "resolved"])).await;
    assert!(resolved.out.contains("Resolved: P2 Down"), "{resolved:?}");

    let refusals = [
        (with(&["--kind", "shouted"]), "kind: unknown variant `shouted`, expected one of `decided`"),
        (with(&["--body", "x"]), "--body is for a source, and plugins/telegram.wasm is a channel"),
        (vec!["test", channel, "none.toml"], "none.toml cannot be read"),
    ];
    for (arguments, words) in refusals {
        let refused = plugin(&stage, &arguments).await;
        assert_eq!((refused.code, refused.error.contains(words)), (Some(2), true), "{refused:?}");
    }
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/telegram/cases");
    let cases = cases.to_str().unwrap();
    let lived = plugin(&stage, &["test", channel, cases, "--properties"]).await;
    assert!(lived.error.contains("this is a channel, for which there are cases only"), "{lived:?}");
    let inspected = plugin(&stage, &["inspect", channel, "--cases", cases]).await;
    assert!(inspected.out.contains("world     channel of bellwire:policy@0.1.1\n"), "{inspected:?}");
    let measured = plugin(&stage, &["bench", channel, cases, "--evaluations", "20"]).await;
    assert_eq!((measured.code, measured.out.contains("p99       ")), (Some(0), true), "{measured:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_of_another_world_is_begun_and_must_become_one() {
    let stage = Stage::new().await;
    for language in ["rust", "json"] {
        let made = plugin(&stage, &["new", "--world", "source", "--lang", language, &format!("from-{language}")]).await;
        assert!(made.out.starts_with(&format!("from-{language}/ has a source in {language} that builds")), "{made:?}");
    }
    let none = plugin(&stage, &["new", "--world", "channel", "--lang", "c", "mine"]).await;
    assert_eq!(none.code, Some(2), "{none:?}");
    assert!(none.error.contains("there is no template for a channel in c: json and rust have one"), "{none:?}");
    assert!(!stage.path("mine").exists());

    let manifest = "language = \"rust\"\nworld = \"source\"\noutput = \"out.wasm\"\n\
                    commands = [[\"cp\", \"../plugins/passthrough.wasm\", \"out.wasm\"]]\n";
    write(&stage, "from-rust/plugin.toml", manifest);
    let other = plugin(&stage, &["build", "from-rust"]).await;
    assert_eq!((other.code, other.error.contains("it is a policy, and not a source")), (Some(2), true), "{other:?}");
}
