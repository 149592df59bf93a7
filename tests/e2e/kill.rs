//! Killed hundreds of times at random moments, under load, on one database: what was answered with 2xx is there, every
//! notice and every timer comes, and what comes twice has the same id.
//!
//! Senders post new alerts and resolve old ones; the receiver notes each delivery. Every alert is an incident of its
//! own, with a step at once and a second one a second later.

use crate::{
    alerts::{self, Status, alert},
    process::{Serving, bellwire},
    stage::{PATIENCE, Stage, WEBHOOK_SECRET},
    story::client,
};
use bellwire_support::webhook::{Seen, Verification};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{BuildHasher as _, Hasher as _, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, sleep};

const KILLS: u32 = 200;
const SENDERS: usize = 3;
/// From the moment it is ready; of those that are killed before that, from their start.
const UPTIME_MAX: Duration = Duration::from_millis(120);
/// One in so many is killed while it starts.
const KILLED_AT_START: u64 = 8;

const ROUTES: &str = r#"
team = "payments"

[receivers]
audit = { webhook = { url = { env = "AUDIT_URL" }, secret = { env = "AUDIT_SECRET" } }, deadline = "1h", concurrency_max = 20 }

[policies.standard]
plugin = "standard"

[policies.standard.settings]
default_priority = "P1"

[policies.standard.settings.ladders.P1]
steps = [{ to = ["audit"] }, { after = "1s", to = ["audit"] }]

[route]
policy = "standard"
fallback = ["audit"]
group_by = ["alertname"]
group_wait = "0s"
reopen_window = "0s"
"#;

/// By alert and what was told of it (`p1-step-1`, `p1-step-2`, `resolved`): under which ids, and how often.
type Told = BTreeMap<(String, String), BTreeMap<String, usize>>;

/// What the senders were promised, and what they have still to say.
#[derive(Default)]
struct Ledger {
    sent: u64,
    /// Alerts whose firing was answered with 2xx.
    taken: BTreeSet<String>,
    /// Alerts that were told twice and may resolve now.
    to_resolve: BTreeSet<String>,
    /// Alerts whose resolve was answered with 2xx.
    resolved: BTreeSet<String>,
}

#[derive(Default)]
struct Senders(Mutex<Ledger>);

impl Senders {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Posts until the connection breaks: each time a new alert, and the end of an old one if there is any.
    async fn post(&self, url: &str, http: &reqwest::Client) {
        loop {
            let (number, old) = {
                let mut ledger = self.ledger();
                ledger.sent += 1;
                (ledger.sent, ledger.to_resolve.pop_first())
            };
            let name = format!("Load{number:06}");
            let (path, body) =
                if number.is_multiple_of(2) { prometheus(&name, &old) } else { alertmanager(&name, &old) };
            let reply = http.post(format!("{url}{path}")).json(&body).send().await;
            let taken = reply.as_ref().is_ok_and(|reply| reply.status().is_success());
            let mut ledger = self.ledger();
            match taken {
                true => {
                    ledger.taken.insert(name);
                    ledger.resolved.extend(old);
                }
                // Not promised, so it is said again.
                false => ledger.to_resolve.extend(old),
            }
            if reply.is_err() {
                return;
            }
        }
    }
}

fn prometheus(new: &str, old: &Option<String>) -> (&'static str, Value) {
    let firing = alerts::prometheus(&[alert(new, "critical")], LONG_AGO, FAR_OFF);
    let resolved: Vec<_> = old.iter().map(|old| alert(old, "critical")).collect();
    ("/api/v2/alerts", joined(firing, &alerts::prometheus(&resolved, LONG_AGO, A_WHILE_AGO)))
}

fn alertmanager(new: &str, old: &Option<String>) -> (&'static str, Value) {
    let mut body = alerts::webhook(Status::Firing, &[alert(new, "critical")], LONG_AGO, FAR_OFF);
    let resolved: Vec<_> = old.iter().map(|old| alert(old, "critical")).collect();
    let resolved = alerts::webhook(Status::Resolved, &resolved, LONG_AGO, A_WHILE_AGO);
    body["alerts"] = joined(body["alerts"].take(), &resolved["alerts"]);
    ("/webhook/alertmanager", body)
}

fn joined(mut list: Value, more: &Value) -> Value {
    list.as_array_mut().unwrap().extend(more.as_array().unwrap().iter().cloned());
    list
}

const LONG_AGO: &str = "2026-01-01T00:00:00Z";
const A_WHILE_AGO: &str = "2026-01-01T01:00:00Z";
const FAR_OFF: &str = "2099-01-01T00:00:00Z";

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_hundreds_of_random_moments_it_loses_nothing() {
    let seed = std::env::var("BELLWIRE_KILL_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| RandomState::new().build_hasher().finish());
    println!("BELLWIRE_KILL_SEED={seed} kills in this manner again");
    let mut random = Random(seed);
    let stage = Stage::with_webhook(Verification::Signed(WEBHOOK_SECRET.into())).await;
    stage.routes("payments", ROUTES);
    let senders = Senders::default();
    let (begun, mut heard) = (Instant::now(), Heard::default());
    for _ in 0..KILLS {
        let uptime = UPTIME_MAX.mul_f64(random.below(1_000) as f64 / 1_000.0);
        if random.below(KILLED_AT_START) == 0 {
            kill_while_it_starts(&stage, uptime).await;
            continue;
        }
        let serving = Serving::start(&stage).await;
        let url = serving.url.clone();
        let http = client();
        let kill = async {
            // The one sleep: a random moment is what is tested.
            sleep(uptime).await;
            serving.kill().await;
        };
        let load = load(&senders, &url, &http);
        tokio::join!(kill, load);
        heard.listen(&stage, &senders).await;
    }
    let killing = begun.elapsed();
    let last = Serving::start(&stage).await;
    heard.wait_for_all(&stage, &senders).await;
    let ledger = senders.0.into_inner().unwrap();
    let stored = stored(&last).await;
    let lost: Vec<_> = ledger.taken.iter().filter(|name| !stored.contains_key(*name)).collect();
    assert!(lost.is_empty(), "answered with 2xx and not stored: {lost:?}");
    let twins: Vec<_> = stored.iter().filter(|(_, incidents)| **incidents > 1).collect();
    assert!(twins.is_empty(), "two incidents of one alert: {twins:?}");
    heard.assert_one_id_each();
    println!(
        "{KILLS} kills in {killing:.1?}: {} alerts taken, {} resolved, {} notices; {} deliveries too many, \
         each with the id of the first, and no notice more than {} times; {:.1?} in all",
        ledger.taken.len(),
        ledger.resolved.len(),
        heard.told.len(),
        heard.deliveries - heard.told.len(),
        heard.told.values().flat_map(BTreeMap::values).max().unwrap_or(&0),
        begun.elapsed(),
    );
    assert!(ledger.taken.len() > KILLS as usize, "too little load to say anything: {}", ledger.taken.len());
    assert_eq!(last.stop().await.code(), Some(0));
}

async fn load(senders: &Senders, url: &str, http: &reqwest::Client) {
    let [one, two, three] = [(); SENDERS].map(|()| senders.post(url, http));
    tokio::join!(one, two, three);
}

async fn kill_while_it_starts(stage: &Stage, after: Duration) {
    let mut child = bellwire(stage, &["serve"]).stderr(std::process::Stdio::null()).spawn().unwrap();
    sleep(after).await;
    child.kill().await.unwrap();
}

/// What the receiver heard.
#[derive(Default)]
struct Heard {
    deliveries: usize,
    told: Told,
}

impl Heard {
    /// Takes in what came since, and lets the senders resolve what was told twice.
    async fn listen(&mut self, stage: &Stage, senders: &Senders) {
        let so_far = |seen: &Seen| {
            self.take(seen);
            Some(())
        };
        stage.webhook.wait_for("nothing more", PATIENCE, so_far).await.unwrap();
        let mut ledger = senders.ledger();
        let climbed = |name: &&String| self.told.contains_key(&((*name).clone(), "p1-step-2".to_owned()));
        let ready: Vec<String> = ledger.taken.difference(&ledger.resolved).filter(climbed).cloned().collect();
        ledger.to_resolve.extend(ready);
    }

    fn take(&mut self, seen: &Seen) {
        assert!(seen.refused.is_empty(), "{:?}", seen.refused);
        for delivery in &seen.deliveries[self.deliveries..] {
            let text = |pointer: &str| delivery.body.pointer(pointer).unwrap().as_str().unwrap().to_owned();
            let (kind, key) = (text("/notice/kind"), text("/notice/key"));
            let what = if kind == "decided" { key } else { kind };
            *self.told.entry((text("/name"), what)).or_default().entry(delivery.id.clone()).or_default() += 1;
        }
        self.deliveries = seen.deliveries.len();
    }

    /// No notice is lost, and no timer missed: both steps of whatever was taken, and the end of whatever resolved.
    async fn wait_for_all(&mut self, stage: &Stage, senders: &Senders) {
        let mut missing: BTreeSet<(String, String)> = BTreeSet::new();
        {
            let ledger = senders.ledger();
            let both = |name: &String| ["p1-step-1", "p1-step-2"].map(|step| (name.clone(), step.to_owned()));
            missing.extend(ledger.taken.iter().flat_map(both));
            missing.extend(ledger.resolved.iter().map(|name| (name.clone(), "resolved".to_owned())));
        }
        let all = |seen: &Seen| {
            self.take(seen);
            missing.retain(|what| !self.told.contains_key(what));
            missing.is_empty().then_some(())
        };
        let heard = stage.webhook.wait_for("notice of everything", PATIENCE, all).await.map_err(drop);
        let examples: Vec<_> = missing.iter().take(10).collect();
        assert!(heard.is_ok(), "{} notices lost, such as {examples:?}", missing.len());
    }

    fn assert_one_id_each(&self) {
        let several: Vec<_> = self.told.iter().filter(|(_, ids)| ids.len() > 1).collect();
        assert!(several.is_empty(), "one notice under several ids: {several:?}");
    }
}

/// How many incidents there are of each alert.
async fn stored(serving: &Serving) -> BTreeMap<String, usize> {
    let mut stored = BTreeMap::new();
    let mut before = String::new();
    loop {
        let page = serving.get(&format!("/api/v1/incidents?state=all&limit=1000{before}")).await.json();
        for incident in page["incidents"].as_array().unwrap() {
            *stored.entry(incident["group"]["alertname"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        match page["next"].as_str() {
            Some(next) => before = format!("&before={next}"),
            None => return stored,
        }
    }
}

/// SplitMix64: small, seeded, and good enough to choose moments.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }
}
