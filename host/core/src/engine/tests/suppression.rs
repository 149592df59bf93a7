//! Silences, and alerts that explain others: what they keep quiet, and what is told when that ends.

use super::{
    play::{Play, at_any_restart, ladder_of, undisturbed},
    *,
};
use crate::{
    Inhibition, InhibitionKind, Silence, SilenceRefusal, SilenceRequest, StandingSilence, SuppressedBy, Window,
};
use jiff::tz::TimeZone;

const LADDER: &[(u64, &str)] = &[(0, "team"), (300, "manager")];

fn matchers(texts: &[&str]) -> Matchers {
    Matchers(texts.iter().map(|text| text.parse().unwrap()).collect())
}

fn at(seconds: u64) -> Instant {
    START.saturating_add(Span::from_secs(seconds))
}

/// From one second of the story to another.
fn silence(id: &str, texts: &[&str], from: u64, until: u64) -> Silence {
    Silence {
        id: id.into(),
        team: None,
        matchers: matchers(texts),
        starts_at: at(from),
        ends_at: at(until),
        updated_at: START,
        by: "".into(),
        comment: "maintenance".into(),
    }
}

fn inhibition(kind: InhibitionKind, sources: &[&str], targets: &[&str], equal: &[&str]) -> Inhibition {
    let equal = equal.iter().map(|name| (*name).into()).collect();
    Inhibition { name: "rule".into(), sources: matchers(sources), targets: matchers(targets), equal, kind }
}

impl Play {
    fn silences(&mut self, silence: Silence) -> Answer {
        self.asks(SilenceRequest::Set { wanted: silence, replaces: None })
    }

    fn edits(&mut self, id: &str, silence: Silence) -> Answer {
        self.asks(SilenceRequest::Set { wanted: silence, replaces: Some(id.into()) })
    }

    fn expires(&mut self, id: &str) -> Answer {
        self.asks(SilenceRequest::Expire { id: id.into() })
    }

    fn begins(&mut self, alert: &str) {
        self.posts(alert, "", Ends::Open);
    }

    fn ends(&mut self, alert: &str) {
        self.posts(alert, "", Ends::Resolved(self.story.now));
    }

    fn nth(&self, number: u64) -> &Incident {
        &self.story.stored.incidents[&IncidentId { team: "ops".into(), number }]
    }
}

fn ladder() -> Story {
    ladder_of(LADDER)()
}

fn ruled(rule: Inhibition) -> impl Fn() -> Story {
    move || {
        let mut story = ladder();
        story.reload(|tables| tables.teams.get_mut("ops").unwrap().inhibitions = vec![rule.clone()]);
        story
    }
}

#[test]
fn what_a_silence_held_back_is_told_when_it_ends_as_if_it_opened_then() {
    at_any_restart(ladder, |play| {
        play.silences(silence("s", &["alertname=Down"], 0, 600));
        play.fires();
        play.fast_forward(599);
        play.hears(&[]);
        let suppressed = play.incident().suppressed.clone().unwrap();
        assert_eq!(suppressed.by, [SuppressedBy::Silence { id: "s".into() }]);
        play.fast_forward(1);
        play.hears(&["+600s Decided team step-1"]);
        assert_eq!((play.incident().suppressed.clone(), play.incident().opened_at), (None, at(600)));
        play.fast_forward(300);
        play.hears(&["+900s Decided manager step-2"]);
    });
}

#[test]
fn what_was_told_and_then_silenced_is_resolved_where_it_was_told() {
    at_any_restart(ladder, |play| {
        play.fires();
        play.hears(&["+0s Decided team step-1"]);
        play.silences(silence("s", &["alertname=Down"], 0, 3_600));
        play.fast_forward(1_800);
        play.hears(&[]);
        play.clears();
        play.hears(&["+1800s Resolved team bellwire:resolved-1"]);
    });
}

#[test]
fn what_was_told_before_its_silence_is_told_anew_after_it() {
    at_any_restart(ladder, |play| {
        play.fires();
        play.silences(silence("s", &["alertname=Down"], 0, 3_600));
        play.fast_forward(3_600);
        play.hears(&["+0s Decided team step-1", "+3600s Decided team step-1"]);
        assert_eq!(play.incident().reopened, 1);
        play.fast_forward(300);
        play.hears(&["+3900s Decided manager step-2"]);
    });
}

#[test]
fn one_that_is_expired_by_hand_is_over_at_once_and_one_that_is_pending_waits() {
    at_any_restart(ladder, |play| {
        play.silences(silence("s", &["alertname=Down"], 60, 3_600));
        play.fires();
        play.hears(&["+0s Decided team step-1"]);
        play.fast_forward(120);
        assert!(play.incident().suppressed.is_some());
        assert!(matches!(play.expires("s"), Answer::Silenced(silence) if silence.ends_at == at(120)));
        play.hears(&["+120s Decided team step-1"]);
        assert_eq!(play.expires("s"), Answer::SilenceRefused(SilenceRefusal::Expired { id: "s".into() }));
    });
}

#[test]
fn what_joins_a_silenced_incident_and_is_not_silenced_is_told() {
    at_any_restart(ladder, |play| {
        play.silences(silence("s", &["instance=a"], 0, 3_600));
        play.begins("alertname=Down instance=a");
        play.fast_forward(60);
        play.hears(&[]);
        play.begins("alertname=Down instance=b");
        play.hears(&["+60s Decided team step-1"]);
        assert_eq!(play.story.engine.incidents_len(), 1);
        // What goes on is silenced: for those who were told it is over.
        play.fast_forward(60);
        play.ends("alertname=Down instance=b");
        play.hears(&["+120s Resolved team bellwire:resolved-1"]);
        play.fast_forward(3_480);
        play.hears(&["+3600s Decided team step-1"]);
    });
}

#[test]
fn a_silenced_alert_is_none_that_joined() {
    at_any_restart(ladder, |play| {
        play.silences(silence("s", &["instance=b"], 0, 600));
        play.begins("alertname=Down instance=a");
        play.acts(Action::Acknowledge);
        play.hears(&["+0s Decided team step-1", "+0s Acknowledged team bellwire:acknowledged-1"]);
        play.fast_forward(60);
        play.begins("alertname=Down instance=b");
        play.fast_forward(539);
        play.hears(&[]);
        play.fast_forward(1);
        play.hears(&["+600s AlertsJoined team bellwire:joined-7"]);
    });
}

#[test]
fn somebody_who_has_it_keeps_it_over_a_silence() {
    at_any_restart(ladder, |play| {
        play.fires();
        play.acts(Action::Acknowledge);
        play.hears(&["+0s Decided team step-1", "+0s Acknowledged team bellwire:acknowledged-1"]);
        play.silences(silence("s", &["alertname=Down"], 0, 60));
        play.fast_forward(600);
        play.hears(&[]);
        assert_eq!(play.incident().state, IncidentState::Acknowledged);
    });
}

#[test]
fn an_escalate_is_heard_although_it_is_silenced() {
    at_any_restart(ladder, |play| {
        play.fires();
        play.silences(silence("s", &["alertname=Down"], 0, 3_600));
        play.hears(&["+0s Decided team step-1"]);
        play.fast_forward(10);
        play.acts(Action::Escalate);
        play.fast_forward(10);
        play.hears(&["+10s Decided manager step-2"]);
    });
}

#[test]
fn what_is_edited_stays_the_same_one_unless_it_matches_otherwise() {
    at_any_restart(ladder, |play| {
        play.silences(silence("s", &["alertname=Down"], 0, 600));
        play.fires();
        let Answer::Silenced(longer) = play.edits("s", silence("t", &["alertname=Down"], 0, 900)) else { panic!() };
        assert_eq!((&*longer.id, longer.ends_at, &*longer.by), ("s", at(900), "anna"));
        play.fast_forward(899);
        play.hears(&[]);
        let Answer::Silenced(other) = play.edits("s", silence("t", &["alertname=Up"], 0, 2_000)) else { panic!() };
        assert_eq!(&*other.id, "t");
        play.hears(&["+899s Decided team step-1"]);
        assert_eq!(play.expires("s"), Answer::SilenceRefused(SilenceRefusal::Expired { id: "s".into() }));
    });
}

#[test]
fn what_makes_no_sense_is_refused() {
    let mut story = ladder();
    let mut refused = |silence: Silence| {
        let request = SilenceRequest::Set { wanted: silence, replaces: None };
        match story.turn(Some(Event::Silenced { request, by: "anna".into(), via: "api".into() })) {
            Answer::SilenceRefused(refusal) => refusal,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refused(silence("s", &[], 0, 60)), SilenceRefusal::NoMatchers);
    assert_eq!(refused(silence("s", &["a=~\".*\""], 0, 60)), SilenceRefusal::MatchesEverything);
    assert_eq!(refused(silence("s", &["a=b"], 60, 30)), SilenceRefusal::EndsBeforeStart);
    assert_eq!(refused(silence("s", &["a=b"], 0, 0)), SilenceRefusal::Over { ends_at: START });
    let team: Arc<str> = "nobody".into();
    let of_nobody = Silence { team: Some(team.clone()), ..silence("s", &["a=b"], 0, 60) };
    assert_eq!(refused(of_nobody), SilenceRefusal::UnknownTeam { team });
    let wordy = Silence { comment: "x".repeat(2_001), ..silence("s", &["a=b"], 0, 60) };
    assert_eq!(refused(wordy), SilenceRefusal::CommentTooLong { max: 2_000 });
    let many: Vec<String> = (0..101).map(|index| format!("a{index}=b")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(refused(silence("s", &many, 0, 60)), SilenceRefusal::TooManyMatchers { count: 101, max: 100 });
    let unknown = SilenceRequest::Set { wanted: silence("s", &["a=b"], 0, 60), replaces: Some("x".into()) };
    let answer = story.turn(Some(Event::Silenced { request: unknown, by: "anna".into(), via: "api".into() }));
    assert_eq!(answer, Answer::SilenceRefused(SilenceRefusal::Unknown { id: "x".into() }));
}

#[test]
fn one_that_is_long_over_is_forgotten() {
    at_any_restart(ladder, |play| {
        play.silences(silence("s", &["alertname=Down"], 0, 60));
        play.fast_forward(60 + 5 * 86_400);
        assert_eq!(play.story.stored.silences, []);
        assert_eq!(play.expires("s"), Answer::SilenceRefused(SilenceRefusal::Unknown { id: "s".into() }));
    });
}

#[test]
fn one_of_another_team_keeps_nothing_quiet_here() {
    at_any_restart(
        || {
            let mut story = ladder();
            story.reload(|tables| {
                let other =
                    Team { name: "web".into(), matchers: matchers(&["job=web"]), ..tables.teams["ops"].clone() };
                tables.teams.insert("web".into(), other);
            });
            story
        },
        |play| {
            play.silences(Silence { team: Some("web".into()), ..silence("s", &["alertname=Down"], 0, 600) });
            play.fires();
            play.hears(&["+0s Decided team step-1"]);
        },
    );
}

#[test]
fn one_that_stands_in_the_configuration_holds_whenever_its_window_is_open() {
    let standing = || {
        let mut story = ladder();
        story.reload(|tables| {
            let team = tables.teams.get_mut("ops").unwrap();
            let once = vec![(at(100), at(200)), (at(1_000), at(1_100))];
            let window =
                Window { name: "w".into(), zone: TimeZone::UTC, once, ranges: vec![], only: None, except: [].into() };
            team.windows.insert("w".into(), window);
            let (matchers, windows) = (matchers(&["alertname=Down"]), vec!["w".into()]);
            team.silences = vec![StandingSilence { name: "n".into(), matchers, windows, comment: "".into() }];
        });
        story
    };
    at_any_restart(standing, |play| {
        play.fast_forward(150);
        play.fires();
        play.fast_forward(49);
        play.hears(&[]);
        assert_eq!(play.incident().suppressed.clone().unwrap().by, [SuppressedBy::Silence { id: "ops/n".into() }]);
        play.fast_forward(1);
        play.hears(&["+200s Decided team step-1"]);
        play.clears();
        play.fast_forward(850);
        play.hears(&["+200s Resolved team bellwire:resolved-1"]);
        play.fires();
        play.hears(&[]);
        play.reloads(|tables| tables.teams.get_mut("ops").unwrap().silences.clear());
        play.fast_forward(0);
        play.hears(&["+1050s Decided team step-1"]);
    });
}

#[test]
fn a_source_keeps_its_targets_quiet_whichever_comes_first() {
    let rule = inhibition(InhibitionKind::Quiet, &["severity=critical"], &["severity=warning"], &["cluster"]);
    at_any_restart(ruled(rule), |play| {
        play.begins("alertname=Bad severity=critical cluster=x");
        play.begins("alertname=Slow severity=warning cluster=x");
        play.begins("alertname=Slow2 severity=warning cluster=y");
        play.hears(&["+0s Decided team step-1", "+0s Decided team step-1"]);
        assert!(play.nth(2).suppressed.is_some() && play.nth(3).suppressed.is_none());
        play.begins("alertname=Bad severity=critical cluster=y");
        play.fast_forward(300);
        // That of cluster y was told before, and climbs no further.
        play.hears(&["+0s AlertsJoined"].map(|_| "+300s Decided manager step-2"));
        assert_eq!(play.nth(1).suppressed, None);
        assert!(play.nth(3).suppressed.is_some());
    });
}

#[test]
fn a_target_is_told_when_the_last_of_its_sources_is_gone() {
    let rule = inhibition(InhibitionKind::Quiet, &["severity=critical"], &["severity=warning"], &["cluster"]);
    at_any_restart(ruled(rule), |play| {
        play.begins("alertname=A severity=critical cluster=x");
        play.begins("alertname=B severity=critical cluster=x");
        play.begins("alertname=C severity=warning cluster=x");
        play.hears(&["+0s Decided team step-1", "+0s Decided team step-1"]);
        play.ends("alertname=A severity=critical cluster=x");
        play.hears(&["+0s Resolved team bellwire:resolved-1"]);
        assert!(play.nth(3).suppressed.is_some());
        play.ends("alertname=B severity=critical cluster=x");
        play.hears(&["+0s Decided team step-1", "+0s Resolved team bellwire:resolved-1"]);
    });
}

#[test]
fn an_alert_on_both_sides_keeps_no_other_such_one_quiet() {
    let rule =
        inhibition(InhibitionKind::Quiet, &["severity=~\"critical|both\""], &["severity=~\"warning|both\""], &[]);
    at_any_restart(ruled(rule), |play| {
        play.begins("alertname=A severity=both");
        play.begins("alertname=B severity=both");
        play.hears(&["+0s Decided team step-1", "+0s Decided team step-1"]);
        play.begins("alertname=C severity=warning");
        play.hears(&[]);
        // One that is a source only explains those that are both.
        play.begins("alertname=D severity=critical");
        play.hears(&["+0s Decided team step-1"]);
        assert!([1, 2, 3].iter().all(|number| play.nth(*number).suppressed.is_some()));
    });
}

#[test]
fn two_that_explain_each_other_are_both_told() {
    let one = inhibition(InhibitionKind::Quiet, &["alertname=A"], &["alertname=B"], &[]);
    let other = inhibition(InhibitionKind::Quiet, &["alertname=B"], &["alertname=A"], &[]);
    let start = move || {
        let mut story = ladder();
        story.reload(|tables| tables.teams.get_mut("ops").unwrap().inhibitions = vec![one.clone(), other.clone()]);
        story
    };
    at_any_restart(start, |play| {
        play.begins("alertname=A");
        play.hears(&["+0s Decided team step-1"]);
        play.begins("alertname=B");
        play.hears(&["+0s Decided team step-1"]);
        assert_eq!((&play.nth(1).suppressed, &play.nth(2).suppressed), (&None, &None));
    });
}

#[test]
fn symptoms_are_counted_where_their_cause_is_told_and_released_if_they_outlive_it() {
    let tunnel = inhibition(InhibitionKind::Symptom, &["alertname=TunnelDown"], &["alertname=NodeDown"], &[]);
    let node = inhibition(InhibitionKind::Symptom, &["alertname=NodeDown"], &["job=target"], &["node"]);
    let start = move || {
        let mut story = ladder();
        story.reload(|tables| tables.teams.get_mut("ops").unwrap().inhibitions = vec![tunnel.clone(), node.clone()]);
        story
    };
    at_any_restart(start, |play| {
        play.begins("alertname=NodeDown node=n1");
        play.begins("alertname=Api job=target node=n1");
        play.begins("alertname=Db job=target node=n1");
        play.begins("alertname=Web job=target node=n2");
        play.hears(&["+0s Decided team step-1", "+0s Decided team step-1"]);
        assert_eq!(play.nth(1).symptoms, 2);
        let cause = |play: &Play, number| play.nth(number).suppressed.clone().and_then(|suppressed| suppressed.cause);
        assert_eq!(cause(play, 2), Some(play.nth(1).id.clone()));
        // What lies behind the cause has them all.
        play.fast_forward(10);
        play.begins("alertname=TunnelDown");
        play.hears(&["+10s Decided team step-1"]);
        assert_eq!((play.nth(1).symptoms, play.nth(5).symptoms), (0, 3));
        assert_eq!(cause(play, 2), Some(play.nth(5).id.clone()));
        play.fast_forward(10);
        play.ends("alertname=Api job=target node=n1");
        assert_eq!(play.nth(5).symptoms, 2);
        play.ends("alertname=NodeDown node=n1");
        play.ends("alertname=TunnelDown");
        play.fast_forward(60);
        play.hears(&[
            "+20s Decided team step-1",
            "+20s Resolved team bellwire:resolved-1",
            "+20s Resolved team bellwire:resolved-1",
        ]);
        assert_eq!(play.nth(5).symptoms, 0);
    });
}

#[test]
fn what_a_cause_explained_and_clears_up_with_it_is_told_to_nobody() {
    let rule = inhibition(InhibitionKind::Symptom, &["alertname=NodeDown"], &["job=target"], &["node"]);
    let start = move || {
        let mut story = ruled(rule.clone())();
        story.reload(|tables| tables.teams.get_mut("ops").unwrap().root.group_wait = Span::from_secs(30));
        story
    };
    at_any_restart(start, |play| {
        play.begins("alertname=Api job=target node=n1");
        play.begins("alertname=NodeDown node=n1");
        play.fast_forward(100);
        play.hears(&["+30s Decided team step-1"]);
        play.ends("alertname=NodeDown node=n1");
        play.fast_forward(20);
        play.ends("alertname=Api job=target node=n1");
        play.fast_forward(600);
        play.hears(&["+100s Resolved team bellwire:resolved-1"]);
    });
}

#[test]
fn those_that_are_over_are_as_many_as_may_be_and_the_oldest_go() {
    undisturbed(ladder, |play| {
        play.fast_forward(Silence::SILENCES_MAX as u64 + 10);
        for index in 0..=Silence::SILENCES_MAX {
            let over = silence(&index.to_string(), &["alertname=Down"], 0, 1 + index as u64);
            play.story.engine.suppression.silences.put(over);
        }
        play.silences(silence("new", &["alertname=Down"], 0, 1_000_000));
        let held = &play.story.engine.suppression.silences;
        assert_eq!(held.made().count(), Silence::SILENCES_MAX + 1);
        assert!(held.find("0").is_none() && held.find("1").is_some() && held.find("new").is_some());
    });
}
