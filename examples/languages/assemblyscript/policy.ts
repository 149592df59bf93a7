/**
 * Team, manager, director, then VP and war room. It touches nothing but its arguments.
 *
 * The same policy is in every folder beside this one, and ../cases says what all of them decide.
 */

import { Alert, Answer, Decision, define, Description, Facts, Incident, IncidentState } from "../../../sdk/assemblyscript";
import { MINUTE, Policy, Priority, priorityName, Setting, Target, Wants } from "../../../sdk/assemblyscript";
import { SCHEMA } from "./schema";

export * from "../../../sdk/assemblyscript/exports";

class Recipients {
  team: Target[];
  manager: Target[];
  director: Target[];
  vp: Target[];

  constructor(settings: Setting) {
    const to = settings.only(["to"]).get("to").only(["team", "manager", "director", "vp"]);
    this.team = to.get("team").targets([Target.receiver("team")]);
    this.manager = to.get("manager").targets([Target.receiver("manager")]);
    this.director = to.get("director").targets([Target.receiver("director")]);
    this.vp = to.get("vp").targets([Target.receiver("vp"), Target.receiver("war-room")]);
  }
}

class Step {
  constructor(
    readonly key: string,
    readonly after: u64,
    readonly to: Target[],
  ) {}
}

/** P3 and P4 stay on the first step. */
function ladder(to: Recipients, priority: Priority): Step[] {
  const steps = [
    new Step("team", 0, to.team),
    new Step("manager", 5 * MINUTE, to.manager),
    new Step("director", 15 * MINUTE, to.director),
    new Step("war-room", 30 * MINUTE, to.vp),
  ];
  return pages(priority) ? steps : steps.slice(0, 1);
}

function pages(priority: Priority): bool {
  return priority <= Priority.P2;
}

class Verdict {
  constructor(
    readonly priority: Priority,
    readonly because: string,
  ) {}
}

const SEVERITIES = new Map<string, Priority>()
  .set("critical", Priority.P1)
  .set("page", Priority.P1)
  .set("error", Priority.P2)
  .set("high", Priority.P2)
  .set("warning", Priority.P3)
  .set("info", Priority.P4)
  .set("low", Priority.P4);

function judgeAlert(alert: Alert): Verdict {
  const severity = alert.label("severity");
  if (severity === null || !SEVERITIES.has(severity)) return new Verdict(Priority.P3, "by default");
  return new Verdict(SEVERITIES.get(severity), `because severity is ${severity}`);
}

/** The most urgent firing alert decides, the first of them if there are several. */
function judge(incident: Incident): Verdict {
  let best: Verdict | null = null;
  for (let i = 0; i < incident.alerts.length; i++) {
    if (!incident.alerts[i].isFiring()) continue;
    const verdict = judgeAlert(incident.alerts[i]);
    if (best === null || verdict.priority < best.priority) best = verdict;
  }
  return best === null ? new Verdict(incident.priorityOr(Priority.P3), "kept") : best;
}

function progress(incident: Incident, listed: i32, steps: i32): string {
  const acknowledged = incident.acknowledged;
  switch (incident.state) {
    case IncidentState.Acknowledged:
      return acknowledged === null ? "acknowledged" : `acknowledged by ${acknowledged.by}`;
    case IncidentState.Snoozed:
      return "snoozed";
    case IncidentState.Resolved:
      return "resolved";
    default:
      return listed == 0 ? "no step" : `step ${listed} of ${steps}`;
  }
}

class Ladder extends Policy {
  describe(): Description {
    return new Description("ladder", "0.1.0", "Team, manager, director, then VP and war room.", SCHEMA);
  }

  check(settings: Setting): Wants {
    const to = new Recipients(settings);
    return new Wants().addTargets(to.team).addTargets(to.manager).addTargets(to.director).addTargets(to.vp);
  }

  evaluate(settings: Setting, facts: Facts): Answer {
    const incident = facts.incident;
    const verdict = judge(incident);
    const steps = ladder(new Recipients(settings), verdict.priority);
    const open = incident.state == IncidentState.Open;
    const decision = new Decision(verdict.priority);
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i];
      const dueAt = incident.openedAt + step.after;
      // Once somebody has it there is nothing new, but what was sent stays listed.
      const due = open ? dueAt <= facts.now : incident.wasSent(step.key);
      if (due && pages(verdict.priority)) decision.page(step.key, step.to);
      else if (due) decision.inform(step.key, step.to);
      else if (open) decision.checkAt(dueAt);
    }
    const where = progress(incident, decision.notices.length, steps.length);
    decision.reason = `${priorityName(verdict.priority)} ${verdict.because}; ${where}`;
    return decision;
  }
}

define(new Ladder());
