/**
 * Team, manager, director, then VP and war room. It touches nothing but its arguments.
 *
 * The same policy is in every folder beside this one, and ../cases says what all of them decide.
 */

import { aTarget, definePolicy, firingAlerts, MINUTE, object, oneOrMore, optional, wasSent } from "bellwire";
import type { Alert, Incident, Priority, Shaped } from "bellwire";
import schema from "../cases/ladder.schema.json";

const targets = oneOrMore(aTarget);
const settings = object({
  to: optional(
    object({
      team: optional(targets, "team"),
      manager: optional(targets, "manager"),
      director: optional(targets, "director"),
      vp: optional(targets, ["vp", "war-room"]),
    }),
    {},
  ),
});

/** P3 and P4 stay on the first step. */
function ladder({ to }: Shaped<typeof settings>, priority: Priority) {
  const steps = [
    { key: "team", after: 0, to: to.team },
    { key: "manager", after: 5 * MINUTE, to: to.manager },
    { key: "director", after: 15 * MINUTE, to: to.director },
    { key: "war-room", after: 30 * MINUTE, to: to.vp },
  ];
  return pages(priority) ? steps : steps.slice(0, 1);
}

function pages(priority: Priority): boolean {
  return priority <= "P2";
}

const SEVERITIES: ReadonlyMap<string, Priority> = new Map([
  ["critical", "P1"],
  ["page", "P1"],
  ["error", "P2"],
  ["high", "P2"],
  ["warning", "P3"],
  ["info", "P4"],
  ["low", "P4"],
]);

function judgeAlert(alert: Alert): { priority: Priority; because: string } {
  const severity = alert.label("severity") ?? "";
  const priority = SEVERITIES.get(severity);
  return priority ? { priority, because: `because severity is ${severity}` } : { priority: "P3", because: "by default" };
}

/** The most urgent firing alert decides, the first of them if there are several. */
function judge(incident: Incident): { priority: Priority; because: string } {
  const verdicts = firingAlerts(incident).map(judgeAlert);
  const kept = { priority: incident.priority ?? "P3", because: "kept" };
  return verdicts.reduce((best, next) => (next.priority < best.priority ? next : best), verdicts[0] ?? kept);
}

function progress({ state, acknowledged }: Incident, listed: number, steps: number): string {
  switch (state) {
    case "open":
      return listed === 0 ? "no step" : `step ${listed} of ${steps}`;
    case "acknowledged":
      return acknowledged ? `acknowledged by ${acknowledged.by}` : "acknowledged";
    case "snoozed":
    case "resolved":
      return state;
  }
}

export const evaluator = definePolicy({
  describe: { name: "ladder", version: "0.1.0", summary: "Team, manager, director, then VP and war room.", schema },
  settings,
  check: ({ to }) => ({ targets: [...to.team, ...to.manager, ...to.director, ...to.vp] }),
  evaluate(settings, { now, incident }) {
    const { priority, because } = judge(incident);
    const open = incident.state === "open";
    const steps = ladder(settings, priority).map((step) => ({ ...step, dueAt: incident.openedAt + step.after }));
    // Once somebody has it there is nothing new, but what was sent stays listed.
    const listed = steps.filter(({ key, dueAt }) => (open ? dueAt <= now : wasSent(incident, key)));
    const next = open ? steps[listed.length] : undefined;
    return {
      priority,
      reason: `${priority} ${because}; ${progress(incident, listed.length, steps.length)}`,
      notices: listed.map(({ key, to }) => ({ key, to, page: pages(priority) })),
      nextCheck: next?.dueAt,
    };
  },
});
