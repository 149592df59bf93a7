//! The loop: takes what waits, reads the clock once, steps the engine, hands the turn to the writer and the questions
//! to the policies. It never waits for a disk, a policy or a receiver; only for a full writer, which is what makes the
//! inbox fill and a sender hear 503.

use crate::{
    busy::Busy,
    clock::Steady,
    inbox::{Inbox, Job, Order, Reply},
    measure, plugins,
    setup::{self, Plugins},
    waiting::Waiting,
    writer::Turn,
};
use arc_swap::ArcSwap;
use bellwire_core::{Answer, Effects, Ends, Engine, EvaluateRequest, Event, Instant, Roster, Span, Verdict};
use bellwire_wasm::{Full, Pool};
use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::SyncSender,
    },
};

/// Jobs of one turn: enough to share an fsync among every request that waits, few enough for a turn of milliseconds.
const TURN_JOBS_MAX: usize = 1_024;

/// Counting incidents by state walks them all.
const COUNT_EVERY: Span = Span::from_secs(1);

pub(crate) struct Loop {
    pub engine: Engine,
    /// Who is on call, for those who ask beside the loop.
    pub roster: Arc<ArcSwap<Roster>>,
    pub inbox: Arc<Inbox>,
    pub writer: SyncSender<Turn>,
    pub pool: Pool,
    pub waiting: Waiting<bellwire_wasm::Job>,
    pub plugins: Plugins,
    pub busy: Busy,
    /// Milliseconds; `u64::MAX`: none. For those who move a manual clock.
    pub next_deadline: Arc<AtomicU64>,
    pub time: Steady,
    /// When the incidents were counted by state last.
    pub counted: Instant,
}

impl Loop {
    pub fn run(mut self) {
        // The first turn does what was overdue while we were down.
        let mut jobs = VecDeque::new();
        loop {
            if self.turn(jobs).is_break() {
                return;
            }
            let deadline = self.engine.next_deadline();
            self.next_deadline.store(deadline.map_or(u64::MAX, Instant::as_millis), Ordering::SeqCst);
            let wait = deadline.and_then(|deadline| self.time.until(deadline));
            jobs = self.inbox.take(wait, TURN_JOBS_MAX);
        }
    }

    fn turn(&mut self, jobs: VecDeque<Job>) -> std::ops::ControlFlow<()> {
        let token = self.busy.token();
        let (now, ahead) = self.time.now();
        measure::ahead(ahead);
        let mut effects = Effects::default();
        let mut replies: Vec<(Reply, Answer)> = Vec::with_capacity(jobs.len());
        let mut tokens = Vec::with_capacity(jobs.len());
        let mut flow = std::ops::ControlFlow::Continue(());
        for Job { order, reply, token } in jobs {
            tokens.push(token);
            let answer = match order {
                Order::Event(event) => self.engine.step(now, shifted(event, ahead), &mut effects),
                Order::Look(look) => {
                    look(&self.engine);
                    Answer::Done
                }
                Order::Reload(prepared) => {
                    self.plugins = prepared.plugins;
                    self.engine.step(now, Event::Reloaded(prepared.tables), &mut effects)
                }
                Order::Mark { name, at } => {
                    effects.writes.push(bellwire_core::Write::Mark { name, at });
                    Answer::Done
                }
                Order::Wake => Answer::Done,
                Order::Stop => {
                    flow = std::ops::ControlFlow::Break(());
                    Answer::Done
                }
            };
            measure::answered(&answer);
            replies.extend(reply.map(|reply| (reply, answer)));
        }
        self.engine.settle(now, &mut effects);
        self.publish_roster();
        measure::turn(&effects, &self.engine, self.inbox.len());
        if now.since(self.counted) >= COUNT_EVERY {
            self.counted = now;
            measure::incidents(&self.engine);
        }
        for request in std::mem::take(&mut effects.evaluate) {
            self.ask(request);
        }
        // As many as the pool takes; each answer is a turn, which comes here again.
        self.waiting.offer(|job| self.pool.submit(job).map_err(|Full(job)| job));
        if self.writer.send(Turn { effects, replies, token }).is_err() {
            tracing::error!("the writer is gone; stopping, so that a supervisor starts us again");
            return std::ops::ControlFlow::Break(());
        }
        flow
    }

    fn publish_roster(&self) {
        if !Arc::ptr_eq(&self.roster.load(), self.engine.roster()) {
            self.roster.store(self.engine.roster().clone());
        }
    }

    /// The answer comes back through the inbox, whatever happens to the policy.
    fn ask(&mut self, request: EvaluateRequest) {
        let EvaluateRequest { incident, revision, team, policy, settings, facts } = request;
        let answer = {
            let (inbox, incident, policy) = (self.inbox.clone(), incident.clone(), policy.clone());
            move |verdict: Verdict| {
                measure::verdict(&policy, &verdict);
                inbox.put(Order::Event(Event::Decided { incident, revision, verdict }), None);
            }
        };
        match setup::plugin(&self.plugins, &team, &policy) {
            Ok(plugin) => {
                let (hash, token): (Arc<str>, _) = (plugin.hash().into(), self.busy.token());
                let from = team.clone();
                let done = move |evaluation: bellwire_wasm::Evaluation| {
                    measure::evaluation(&evaluation);
                    plugins::log("policy", &format_args!("{from}/{policy}"), &evaluation.log);
                    answer(Verdict { policy_hash: hash, fuel: evaluation.fuel, result: evaluation.result });
                    drop(token);
                };
                let job = bellwire_wasm::Job { team, plugin, settings, facts, done: Box::new(done) };
                self.waiting.put(incident, job);
            }
            Err(missing) => answer(missing),
        }
    }
}

/// Senders tell the wall clock's time. Where ours is ahead of it, an end to come would else lie in our past, and a firing
/// alert would count as resolved.
fn shifted(mut event: Event, ahead: Span) -> Event {
    if ahead > Span::ZERO
        && let Event::Received(alerts) = &mut event
    {
        for alert in alerts {
            alert.starts_at = alert.starts_at.map(|at| at.saturating_add(ahead));
            alert.ends = match alert.ends {
                Ends::At(at) => Ends::At(at.saturating_add(ahead)),
                Ends::Resolved(at) => Ends::Resolved(at.saturating_add(ahead)),
                same @ (Ends::Open | Ends::Unsaid) => same,
            };
        }
    }
    event
}
