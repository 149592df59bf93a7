//! Which plugin is run: the one that its hash, its signature and its registry say, a new one as soon as its file has
//! changed, and the old one whenever the new one is not what it should be.

use crate::{
    alerts::alert,
    process::{Ended, Serving, bellwire, run},
    stage::{PATIENCE, Stage},
    story::{Story, minutes, seconds, start_on},
};
use bellwire_app::{
    ManualClock,
    core::{Instant, Span},
};
use bellwire_support::{
    Fault,
    debian::{self, Program},
    registry::{Access, BadRegistry, PASSWORD, Registry, USER},
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// Two looks at a plugin's file, five seconds apart.
const TWO_LOOKS: Span = Span::from_secs(10);

/// A team whose one policy has this plugin.
fn team(plugin: &str) -> String {
    format!(
        r##"
team = "payments"

[receivers.war-room]
slack = {{ channel = "#war-room" }}

[policies.all]
plugin = {plugin}
settings = {{ to = "war-room" }}

[route]
policy = "all"
fallback = ["war-room"]
"##
    )
}

async fn stage_with(plugin: &str) -> Stage {
    let stage = Stage::new().await;
    stage.routes("payments", &team(plugin));
    stage
}

/// The shipped policy, giving another reason: a version of its own, as a compiler would make one.
fn version(stage: &Stage, says: &str) -> Vec<u8> {
    const SHIPPED: &[u8] = b"everything goes to ";
    assert_eq!(says.len(), SHIPPED.len());
    let mut bytes = fs::read(stage.plugin("passthrough")).unwrap();
    let at = bytes.windows(SHIPPED.len()).position(|window| window == SHIPPED).unwrap();
    bytes[at..at + SHIPPED.len()].copy_from_slice(says.as_bytes());
    bytes
}

const SECOND: &str = "all of it goes  to ";
const THIRD: &str = "now it all goes to ";

impl Story {
    /// What the policy says of the next alert.
    async fn decides(&self, name: &str) -> String {
        self.fires(&[alert(name, "critical")]).await;
        self.fast_forward(seconds(5)).await;
        let newest = self.get("/api/v1/incidents").await.json()["incidents"][0]["id"].as_str().unwrap().to_owned();
        self.incident(&newest).await["incident"]["reason"].as_str().unwrap().to_owned()
    }

    async fn refused(&self) -> String {
        let reply = self.reload().await;
        assert_eq!(reply.status, 400, "{}", reply.body);
        unwrapped(&reply.message())
    }

    async fn reloaded(&self) {
        let reply = self.reload().await;
        assert_eq!(reply.status, 200, "{}", reply.body);
    }
}

/// Reports are laid out for a terminal.
fn unwrapped(report: &str) -> String {
    report.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ")
}

/// As its author has it: a key, and the command that signs with it.
struct Author {
    folder: tempfile::TempDir,
    key: String,
}

impl Author {
    /// None: there is no minisign here.
    fn new() -> Option<Self> {
        debian::or_skip(debian::program(Program::Minisign))?;
        let folder = tempfile::tempdir().unwrap();
        Self::minisign(folder.path(), &["-G", "-W", "-p", "key.pub", "-s", "key"]);
        let public = fs::read_to_string(folder.path().join("key.pub")).unwrap();
        let key = public.lines().find(|line| line.starts_with("RW")).unwrap().to_owned();
        Some(Self { folder, key })
    }

    fn sign(&self, plugin: &Path) {
        Self::minisign(self.folder.path(), &["-S", "-s", "key", "-t", "by the test", "-m", plugin.to_str().unwrap()]);
    }

    fn minisign(folder: &Path, arguments: &[&str]) {
        let program = debian::program(Program::Minisign).unwrap();
        let output = program.command().args(arguments).current_dir(folder).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
}

fn signature(plugin: &Path) -> PathBuf {
    plugin.with_extension("wasm.minisig")
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_its_author_signed_is_run() {
    let (Some(anna), Some(ben)) = (Author::new(), Author::new()) else { return };
    let plugin = format!("{{ name = \"passthrough\", public_key = \"{}\" }}", anna.key);
    let stage = stage_with(&plugin).await;
    let file = stage.plugin("passthrough");
    anna.sign(&file);
    let inspect = |key: &str| bellwire(&stage, &["plugin", "inspect", "plugins/passthrough.wasm", "--public-key", key]);
    let inspected = run(&mut inspect(&anna.key)).await;
    assert!(inspected.code == Some(0) && inspected.out.contains("\nsigned    by the test\n"), "{inspected:?}");
    let inspected = run(&mut inspect(&ben.key)).await;
    assert!(inspected.code == Some(1) && inspected.error.contains("by another key than"), "{inspected:?}");

    let story = Story::begin(stage).await;
    assert!(story.decides("First").await.contains("everything goes to "));

    fs::write(&file, version(&story, SECOND)).unwrap();
    let said = story.refused().await;
    assert!(said.contains("its signature does not fit it") && said.contains("payments.toml:"), "{said}");
    ben.sign(&file);
    let said = story.refused().await;
    assert!(said.contains("its signature is by another key"), "{said}");
    fs::write(signature(&file), "trust me").unwrap();
    assert!(story.refused().await.contains("not one that minisign made"));
    fs::remove_file(signature(&file)).unwrap();
    let said = story.refused().await;
    assert!(said.contains("passthrough.wasm has no signature") && said.contains("`minisign -Sm "), "{said}");
    assert!(story.decides("Second").await.contains("everything goes to "), "the old one stays");
    anna.sign(&file);
    story.reloaded().await;
    assert!(story.decides("Third").await.contains("all of it goes  to "));
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_whose_file_changes_is_taken_by_itself() {
    let story = Story::begin(stage_with("\"passthrough\"").await).await;
    let file = story.plugin("passthrough");
    let (first, second, third) = (fs::read(&file).unwrap(), version(&story, SECOND), version(&story, THIRD));
    assert!(story.decides("First").await.contains("everything goes to "));

    fs::write(&file, second).unwrap();
    story.fast_forward(TWO_LOOKS).await;
    assert!(story.decides("Second").await.contains("all of it goes  to "));

    fs::write(&file, &third[..third.len() / 2]).unwrap();
    story.fast_forward(minutes(5)).await;
    assert!(story.decides("Third").await.contains("all of it goes  to "), "a file that is cut short changes nothing");
    fs::remove_file(&file).unwrap();
    story.fast_forward(minutes(5)).await;
    assert!(story.decides("Fourth").await.contains("all of it goes  to "), "neither does one that is gone");
    fs::write(&file, third).unwrap();
    story.fast_forward(TWO_LOOKS).await;
    assert!(story.decides("Fifth").await.contains("now it all goes to "));

    let watched = fs::read_to_string(story.config()).unwrap();
    fs::write(story.config(), format!("watch_plugins = false\n{watched}")).unwrap();
    story.reloaded().await;
    fs::write(&file, first).unwrap();
    story.fast_forward(minutes(5)).await;
    assert!(story.decides("Sixth").await.contains("now it all goes to "), "unless it is to wait for a reload");
    story.reloaded().await;
    assert!(story.decides("Seventh").await.contains("everything goes to "));
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_was_missing_at_the_start_is_run_once_it_is_there() {
    let stage = stage_with("{ file = \"late.wasm\" }").await;
    let story = Story::begin(stage).await;
    assert!(story.decides("First").await.contains("late.wasm cannot be read"));
    fs::copy(story.plugin("passthrough"), story.path("late.wasm")).unwrap();
    story.fast_forward(TWO_LOOKS).await;
    assert!(story.decides("Second").await.contains("everything goes to "));
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_becomes_of_a_changed_file_is_in_the_log_once() {
    let stage = stage_with("\"passthrough\"").await;
    let serving = Serving::start(&stage).await;
    let good = version(&stage, SECOND);
    fs::write(stage.plugin("passthrough"), &good[..good.len() / 2]).unwrap();
    let refused = serving.logged("is refused, the old one stays", 1).await;
    assert!(refused[0].to_string().contains("passthrough.wasm"), "{refused:?}");
    fs::write(stage.plugin("passthrough"), good).unwrap();
    serving.logged("configuration reloaded, revision ", 1).await;
    assert_eq!(serving.logged("is refused, the old one stays", 1).await.len(), 1);
    for outcome in ["refused", "taken"] {
        let series = format!("bellwire_plugin_changes_total{{outcome=\"{outcome}\"}}");
        // It is counted once the reload is over, which is after its line in the log.
        let counted = async { while serving.metric(&series).await != Some(1.0) {} };
        tokio::time::timeout(PATIENCE, counted).await.unwrap_or_else(|_elapsed| panic!("{outcome} is not counted"));
    }
    serving.stop().await;
}

/// Not on the machine of whoever runs the tests: its absence is said once.
async fn registry(access: Access) -> Option<Registry> {
    static FOUND: OnceLock<bool> = OnceLock::new();
    let found = || *FOUND.get_or_init(|| debian::or_skip(debian::program(Program::Registry)).is_some());
    if !tokio::task::spawn_blocking(found).await.unwrap() {
        return None;
    }
    Some(Registry::start(access).await.unwrap_or_else(|error| panic!("{error}")))
}

/// How the registry is spoken to, for bellwire.toml.
fn spoken_to(address: &str, access: Access) -> String {
    let login = match access {
        Access::Open => String::new(),
        Access::Password | Access::Tokens => format!("user = \"{USER}\"\npassword = {{ file = \"password\" }}\n"),
    };
    format!("[registries.\"{address}\"]\nplain_http = true\n{login}")
}

async fn push(stage: &Stage, file: &str, reference: &str) -> Ended {
    let arguments = ["plugin", "push", file, reference, "--plain-http", "--user", USER];
    run(bellwire(stage, &arguments).env("BELLWIRE_REGISTRY_PASSWORD", PASSWORD)).await
}

/// The digest in `plugin = { oci = "…@sha256:…" }`, which a push ends with.
fn pushed(ended: &Ended) -> String {
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let (_, digest) = ended.out.split_once("@sha256:").unwrap();
    digest.split('"').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_goes_through_a_registry() {
    for access in [Access::Open, Access::Password, Access::Tokens] {
        let Some(registry) = registry(access).await else { return };
        let stage = Stage::new().await;
        let reference = format!("{}/acme/on-fire:1.2", registry.address());
        let digest = pushed(&push(&stage, "plugins/passthrough.wasm", &reference).await);
        let again = pushed(&push(&stage, "plugins/passthrough.wasm", &reference).await);
        assert_eq!(digest, again, "the same plugin is the same artifact");

        let pull = ["plugin", "pull", &reference, "--plain-http", "--user", USER];
        let pulled = run(bellwire(&stage, &pull).env("BELLWIRE_REGISTRY_PASSWORD", PASSWORD)).await;
        assert!(pulled.code == Some(0) && pulled.out.contains(&digest), "{pulled:?}\n{}", registry.log());
        assert_eq!(fs::read(stage.path("on-fire.wasm")).unwrap(), fs::read(stage.plugin("passthrough")).unwrap());
        if access != Access::Open {
            let refused = run(bellwire(&stage, &pull).env("BELLWIRE_REGISTRY_PASSWORD", "guessed")).await;
            assert!(refused.code == Some(1) && refused.error.contains("refuses it"), "{refused:?}");
        }

        fs::write(stage.path("password"), PASSWORD).unwrap();
        stage.host(&spoken_to(&registry.address(), access));
        stage.routes("payments", &team(&format!("{{ oci = \"oci://{reference}\" }}")));
        let story = Story::begin(stage).await;
        assert!(story.decides("First").await.contains("everything goes to "), "{}", registry.log());
        story.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_is_gone_stops_nobody() {
    let Some(registry) = registry(Access::Open).await else { return };
    let stage = Stage::new().await;
    let address = registry.address();
    let reference = format!("{address}/on-fire:latest");
    let first = pushed(&push(&stage, "plugins/passthrough.wasm", &reference).await);
    let by_digest = format!("{{ oci = \"{address}/on-fire@sha256:{first}\" }}");
    stage.host(&spoken_to(&address, Access::Open));
    stage.routes("payments", &team(&format!("{{ oci = \"{reference}\" }}")));
    let story = Story::begin(stage).await;

    fs::write(story.path("second.wasm"), version(&story, SECOND)).unwrap();
    let second = pushed(&push(&story, "second.wasm", &reference).await);
    assert_ne!(first, second);
    assert!(story.decides("First").await.contains("everything goes to "), "a tag is looked up at a reload");
    story.reloaded().await;
    assert!(story.decides("Second").await.contains("all of it goes  to "));

    drop(registry);
    story.reloaded().await;
    let story = story.restart_after(minutes(1)).await;
    assert!(story.decides("Third").await.contains("all of it goes  to "), "the copy goes on");
    story.routes("payments", &team(&by_digest));
    story.reloaded().await;
    assert!(story.decides("Fourth").await.contains("everything goes to "), "kept, whatever the tag says now");

    // A copy that somebody changed is none.
    let blobs = story.path("plugin-cache/blobs/sha256");
    for blob in fs::read_dir(&blobs).unwrap() {
        let path = blob.unwrap().path();
        let mut bytes = fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(path, bytes).unwrap();
    }
    assert!(story.refused().await.contains("cannot be reached"));
    let story = story.restart_after(minutes(1)).await;
    let reason = story.decides("Fifth").await;
    assert!(reason.contains("cannot be reached"), "it starts all the same, and the fallback hears of it: {reason}");
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_and_a_hash_hold_in_a_registry_too() {
    let (Some(registry), Some(anna)) = (registry(Access::Open).await, Author::new()) else { return };
    let stage = Stage::new().await;
    let reference = format!("{}/on-fire:1", registry.address());
    let source = format!("{{ oci = \"{reference}\", public_key = \"{}\" }}", anna.key);
    stage.host(&spoken_to(&registry.address(), Access::Open));
    pushed(&push(&stage, "plugins/passthrough.wasm", &reference).await);
    stage.routes("payments", &team(&source));
    let checked = run(&mut bellwire(&stage, &["check"])).await;
    assert!(checked.code == Some(2) && checked.error.contains("on-fire:1 has no signature"), "{checked:?}");

    anna.sign(&stage.plugin("passthrough"));
    let signed = push(&stage, "plugins/passthrough.wasm", &reference).await;
    assert!(signed.out.contains("signed    by the test\n"), "{signed:?}");
    let checked = run(&mut bellwire(&stage, &["check"])).await;
    assert_eq!(checked.code, Some(0), "{checked:?}");
    let pull = ["plugin", "pull", &reference, "-o", "pulled.wasm", "--plain-http", "--public-key", &anna.key];
    assert_eq!(run(&mut bellwire(&stage, &pull)).await.code, Some(0));
    assert!(stage.path("pulled.wasm.minisig").is_file());

    // What the hash names is here already, so a tag that has moved on is not even looked at.
    let hash = signed.out.lines().find_map(|line| line.strip_prefix("sha256    ")).unwrap();
    stage.routes("payments", &team(&format!("{{ oci = \"{reference}\", sha256 = \"{hash}\" }}")));
    fs::write(stage.path("second.wasm"), version(&stage, SECOND)).unwrap();
    pushed(&push(&stage, "second.wasm", &reference).await);
    let story = Story::begin(stage).await;
    assert!(story.decides("First").await.contains("everything goes to "));
    let other = "0".repeat(64);
    story.routes("payments", &team(&format!("{{ oci = \"{reference}\", sha256 = \"{other}\" }}")));
    assert!(story.refused().await.contains("is not the plugin that `sha256` names"));
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_lies_is_not_believed() {
    let (plugin, other) = ("a".repeat(64), "b".repeat(64));
    let manifest = |media_type: &str| {
        format!(r#"{{"layers": [{{"mediaType": "{media_type}", "digest": "sha256:{plugin}"}}]}}"#).into_bytes()
    };
    let at = |kind: &str, what: &str| format!("/v2/acme/{kind}/{what}");
    let registry = BadRegistry::start(vec![
        (at("manifests", "other-blob"), 200, manifest("application/wasm")),
        (at("manifests", "image"), 200, manifest("application/vnd.oci.image.layer.v1.tar+gzip")),
        (at("manifests", "huge"), 200, vec![b' '; 2 << 20]),
        (at("manifests", &format!("sha256:{other}")), 200, manifest("application/wasm")),
        (at("blobs", &format!("sha256:{plugin}")), 200, b"\0asm".to_vec()),
    ]);
    let registry = registry.await.unwrap();
    registry.script(&at("manifests", "cut"), [Fault::Cut]);
    registry.script(&at("manifests", "down"), [Fault::Status(503)]);
    registry.script(&at("manifests", "private"), [Fault::Status(403)]);
    let stage = Stage::new().await;
    stage.host(&spoken_to(&registry.address(), Access::Open));
    let digest = format!("@sha256:{other}");
    for (version, says) in [
        (":other-blob", "the plugin from its registry has not the digest"),
        (":image", "its layer is not of the type"),
        (":huge", "its manifest, which is more than 1048576 bytes"),
        (&digest, "the manifest from its registry has not the digest"),
        (":missing", "does not have it"),
        (":cut", "cannot be reached"),
        (":down", "answers 503"),
        (":private", "refuses it"),
    ] {
        stage.routes("payments", &team(&format!("{{ oci = \"{}/acme{version}\" }}", registry.address())));
        let checked = run(&mut bellwire(&stage, &["check"])).await;
        let said = unwrapped(&checked.error);
        assert!(checked.code == Some(2) && said.contains(says), "{version}: {said}");
    }
    assert!(!stage.path("plugin-cache").exists(), "nothing of it is kept");
}

/// A start is bounded, whatever a registry does.
#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_hangs_does_not_keep_anybody_from_starting() {
    let registry = BadRegistry::start(Vec::new()).await.unwrap();
    registry.script("/v2/acme/manifests/1", [Fault::Hold]);
    let stage = stage_with(&format!("{{ oci = \"{}/acme:1\" }}", registry.address())).await;
    stage.host(&spoken_to(&registry.address(), Access::Open));
    let app = start_on(&stage, ManualClock::at(Instant::from_millis(0))).await.unwrap();
    assert_eq!(registry.asked(), ["/v2/acme/manifests/1"]);
    app.stop().await;
}
