//! Debian's Alertmanager and our flow, on the same configuration and the same stream of posts: what their webhooks are told
//! agrees, but for times. The real one runs in real time, on loopback; ours is asked what it would have done then.
//!
//! What a machine under load delays may look like a difference; so a seed that differs is tried again by itself, and only
//! one that differs every time does.

use bellwire_alertmanager::{Config, flow::Flow};
use bellwire_core::{AlertInput, Ends, Instant, Labels, Matcher, Matchers, Silence, Span};
use bellwire_support::{
    alertmanager_file::{AlertmanagerFile, Intervals},
    debian::{self, Program, or_skip},
    prometheus::Alertmanager,
    webhook::{Verification, Webhook},
};
use fastrand::Rng;
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::{
    sync::Mutex,
    time::{Instant as Moment, sleep_until},
};

const SEEDS: u64 = 200;
/// How many run at once on two cores: those that differ are tried again, fewer at a time.
const AT_ONCE: [usize; 4] = [20, 4, 1, 1];
/// Posts are so far from each other, and from every tick that comes of them, that the order is the same on any machine.
const STEP: u64 = 560;
const STEPS: u64 = 8;
/// When what was heard is compared.
const END: u64 = 9_480;

enum Step {
    Post(Vec<AlertInput>),
    Silence(Silence),
}

/// The generator's, at a pace that shows something in seconds. No repeat falls on a tick: Alertmanager's own answer would then be
/// a matter of milliseconds.
fn quick(text: &str) -> String {
    let mut quick = text.replace("group_wait: 0s", "group_wait: 500ms").replace("group_wait: 30s", "group_wait: 1s");
    for (slow, fast) in [("group_interval: 1m", "group_interval: 3s"), ("group_interval: 1h30m", "group_interval: 4s")]
    {
        quick = quick.replace(slow, fast);
    }
    quick = quick.replace("repeat_interval: 1m", "repeat_interval: 3300ms");
    for (key, value) in [("group_wait", "500ms"), ("group_interval", "2s"), ("repeat_interval", "4700ms")] {
        if !quick.contains(&format!("\n  {key}: ")) {
            quick = quick.replacen("route:\n", &format!("route:\n  {key}: {value}\n"), 1);
        }
    }
    quick
}

fn steps(seed: u64, file: &mut AlertmanagerFile, start: Instant) -> Vec<(u64, Step)> {
    let mut random = Rng::with_seed(seed ^ 0x5eed);
    let mut known: Vec<Labels> = Vec::new();
    let mut steps = Vec::new();
    for index in 0..STEPS {
        let after = index * STEP;
        let now = start.saturating_add(Span::from_millis(after));
        let step = match random.u8(..10) {
            0 if !known.is_empty() => Step::Silence(silence(&mut random, &known, now)),
            _ => {
                let count = if random.u8(..4) == 0 { random.usize(2..6) } else { random.usize(1..3) };
                Step::Post((0..count).map(|_| alert(&mut random, file, &mut known, now)).collect())
            }
        };
        steps.push((after, step));
    }
    steps
}

fn alert(random: &mut Rng, file: &mut AlertmanagerFile, known: &mut Vec<Labels>, now: Instant) -> AlertInput {
    let again = !known.is_empty() && random.u8(..2) == 0;
    let labels = match again {
        true => known[random.usize(..known.len())].clone(),
        false => {
            let mut pairs: Vec<(&str, String)> =
                file.labels().into_iter().map(|(name, value)| (name, value.to_owned())).collect();
            if random.bool() {
                pairs.push(("instance", format!("i{}", random.u8(..3))));
            }
            Labels::from_pairs(pairs)
        }
    };
    known.push(labels.clone());
    let ends = match random.u8(..6) {
        0 | 1 if again => Ends::At(now),
        2 => Ends::At(now.saturating_add(Span::from_millis(10_000))),
        _ => Ends::Unsaid,
    };
    let annotations = Labels::from_pairs([("summary", ["", "bad", "worse"][random.usize(..3)])]);
    let generator_url = ["", "http://example.org/graph?g0.expr=up"][random.usize(..2)].into();
    AlertInput { labels, annotations, starts_at: None, ends, generator_url }
}

fn silence(random: &mut Rng, known: &[Labels], now: Instant) -> Silence {
    let labels = &known[random.usize(..known.len())];
    let pairs: Vec<(&str, &str)> = labels.iter().collect();
    let (name, value) = pairs[random.usize(..pairs.len())];
    let lasting = if random.bool() { 60_000 } else { 3 * STEP + 30 };
    Silence {
        id: "".into(),
        team: None,
        matchers: Matchers(vec![Matcher::new(name, bellwire_core::MatchOperator::Equal, value).unwrap()]),
        starts_at: now,
        ends_at: now.saturating_add(Span::from_millis(lasting)),
        updated_at: now,
        by: "seed".into(),
        comment: "seeded".into(),
    }
}

/// What was told, by where it was told and of which group, in order.
type Heard = BTreeMap<(String, String), Vec<Value>>;

fn heard(path: &str, mut body: Value, into: &mut Heard) {
    for alert in body["alerts"].as_array_mut().into_iter().flatten() {
        let fields = alert.as_object_mut().unwrap();
        // Times differ; that a firing alert has no end does not.
        if fields["status"] != "firing" {
            fields.remove("endsAt");
        }
        fields.remove("startsAt");
    }
    let key = body["groupKey"].as_str().unwrap_or_default().to_owned();
    into.entry((path.to_owned(), key)).or_default().push(body);
}

/// When the steps were done, in milliseconds from the first post's answer, and what was told.
struct Told {
    done: Vec<u64>,
    end: u64,
    heard: Heard,
}

async fn real(text: &str, seed: u64) -> Result<Told, String> {
    let webhook = Webhook::start(Verification::None).await.map_err(|error| error.to_string())?;
    let text = text.replace("http://webhook", webhook.url("").trim_end_matches('/'));
    let alertmanager = {
        // One after the other: what starts takes a whole core, and those that run would be late.
        static STARTING: Mutex<()> = Mutex::const_new(());
        let _turn = STARTING.lock().await;
        Alertmanager::start_with(&text).await.map_err(|error| error.to_string())?
    };
    let began = Moment::now();
    let wall = Instant::from_millis(jiff::Timestamp::now().as_millisecond().unsigned_abs());
    let mut file = AlertmanagerFile::of_seed(seed, "http://webhook", Intervals::None);
    let mut done = Vec::new();
    for (after, step) in steps(seed, &mut file, wall) {
        sleep_until(began + Duration::from_millis(after)).await;
        match step {
            Step::Post(alerts) => alertmanager.post(&posted(&alerts)).await.map_err(|error| error.to_string())?,
            Step::Silence(silence) => silenced(&alertmanager, &silence).await?,
        }
        done.push(millis(began.elapsed()));
    }
    sleep_until(began + Duration::from_millis(END)).await;
    let end = Moment::now();
    // What was under way by then has arrived a moment later.
    sleep_until(end + Duration::from_millis(100)).await;
    if std::env::var_os("BELLWIRE_DEBUG").is_some() {
        println!("{}\n{:?}", alertmanager.log(), webhook.seen());
    }
    let mut all = Heard::new();
    for delivery in
        webhook.seen().deliveries.into_iter().filter(|delivery| delivery.at <= end + Duration::from_millis(20))
    {
        let mut body = delivery.body;
        body["externalURL"] = "".into();
        heard(&delivery.path, body, &mut all);
    }
    Ok(Told { done, end: millis(end - began), heard: all })
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

fn posted(alerts: &[AlertInput]) -> Value {
    let one = |alert: &AlertInput| {
        let mut posted = json!({"labels": alert.labels, "annotations": alert.annotations});
        if !alert.generator_url.is_empty() {
            posted["generatorURL"] = (*alert.generator_url).into();
        }
        if let Ends::At(at) = alert.ends {
            posted["endsAt"] = at.to_string().into();
        }
        posted
    };
    alerts.iter().map(one).collect()
}

async fn silenced(alertmanager: &Alertmanager, silence: &Silence) -> Result<(), String> {
    let matchers: Vec<Value> = silence
        .matchers
        .0
        .iter()
        .map(|matcher| json!({"name": matcher.name, "value": matcher.value, "isRegex": false, "isEqual": true}))
        .collect();
    let body = json!({
        "matchers": matchers,
        "startsAt": silence.starts_at.to_string(),
        "endsAt": silence.ends_at.to_string(),
        "createdBy": silence.by,
        "comment": silence.comment,
    });
    alertmanager.post_to("silences", &body).await.map_err(|error| error.to_string())
}

/// `done`: when the steps were done; `end`: when what was told is compared.
fn ours(text: &str, seed: u64, done: &[u64], end: u64) -> Heard {
    let config = Config::parse("alertmanager.yml", text).unwrap_or_else(|error| panic!("{error}"));
    let receivers: BTreeMap<String, bool> =
        config.receivers.iter().map(|receiver| (receiver.name.clone(), !receiver.integrations.is_empty())).collect();
    let start = Instant::from_millis(1_795_230_720_000);
    let mut file = AlertmanagerFile::of_seed(seed, "http://webhook", Intervals::None);
    let mut flow = Flow::new(Arc::new(config), "", start);
    let mut all = Heard::new();
    let end = start.saturating_add(Span::from_millis(end));
    let steps = steps(seed, &mut file, start).into_iter().map(|(_, step)| step);
    let mut steps = done.iter().copied().zip(steps).peekable();
    loop {
        let step = steps.peek().map_or(Instant::MAX, |(after, _)| start.saturating_add(Span::from_millis(*after)));
        let now = step.min(flow.next_deadline());
        if now > end {
            return all;
        }
        if now == step
            && let Some((after, step)) = steps.next()
        {
            match step {
                Step::Post(alerts) => flow.post(now, &alerts),
                Step::Silence(silence) => flow.put_silence(Silence { id: format!("{after}").into(), ..silence }),
            }
        }
        for notification in flow.due(now) {
            assert_eq!(receivers.get(&notification.receiver), Some(&true));
            let body = serde_json::to_value(&notification.payload).unwrap();
            heard(&format!("/{}", notification.receiver), body, &mut all);
            flow.sent(now, &notification, true);
        }
    }
}

/// None: they agree.
async fn difference(seed: u64) -> Option<String> {
    let text = quick(&AlertmanagerFile::of_seed(seed, "http://webhook", Intervals::None).text);
    let (real, ours) = match real(&text, seed).await {
        Ok(Told { done, end, heard }) => (heard, ours(&text, seed, &done, end)),
        Err(error) => return Some(format!("Alertmanager: {error}\n{text}")),
    };
    let keys: std::collections::BTreeSet<_> = ours.keys().chain(real.keys()).collect();
    let first = keys.into_iter().find(|key| ours.get(*key) != real.get(*key))?;
    let shown = |heard: &Heard| {
        let bodies = heard.get(first).map(Vec::as_slice).unwrap_or_default();
        bodies.iter().map(|body| format!("  {body}\n")).collect::<String>()
    };
    Some(format!("seed {seed}, {first:?}:\nAlertmanager told\n{}we told\n{}of\n{text}", shown(&real), shown(&ours)))
}

#[tokio::test]
async fn two_hundred_configurations_and_streams_tell_alike() {
    if or_skip(debian::program(Program::Alertmanager)).is_none() {
        return;
    }
    let one = std::env::var("BELLWIRE_SEED").ok().and_then(|seed| seed.parse::<u64>().ok());
    let mut left: Vec<(u64, String)> = one
        .map_or_else(|| (0..SEEDS).collect(), |seed| vec![seed])
        .into_iter()
        .map(|seed| (seed, String::new()))
        .collect();
    for at_once in AT_ONCE {
        let tried = |(seed, _)| async move { difference(seed).await.map(|difference| (seed, difference)) };
        let differ: Vec<Option<(u64, String)>> =
            stream::iter(left).map(tried).buffer_unordered(at_once).collect().await;
        left = differ.into_iter().flatten().collect();
    }
    let (count, first) = (left.len(), left.first().map_or("", |(_, difference)| difference));
    assert!(count == 0, "{count} of {SEEDS} differ, the first of them: {first}");
}

/// The streams are about something, or two that tell nothing would agree.
#[test]
fn the_streams_tell_something() {
    let (mut bodies, mut resolved) = (0, 0);
    let planned: Vec<u64> = (0..STEPS).map(|index| index * STEP).collect();
    for seed in 0..SEEDS {
        let text = quick(&AlertmanagerFile::of_seed(seed, "http://webhook", Intervals::None).text);
        for body in ours(&text, seed, &planned, END).values().flatten() {
            bodies += 1;
            resolved += usize::from(body["status"] == "resolved");
        }
    }
    assert!(bodies > 1_000 && resolved > 30, "{bodies} bodies, {resolved} of them resolved");
}
