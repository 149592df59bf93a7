/** What a policy knows. What is not there is undefined. */

import { liftTarget, type Priority, type Target } from "./target";
import type * as wire from "./wire";

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number;

/** By name. It has no prototype, so that no label meets a method. */
export type Named<T> = { readonly [name: string]: T | undefined };

export class Alert {
  /** 16 hex digits, Alertmanager's fingerprint of the labels. */
  declare readonly fingerprint: string;
  declare readonly state: "firing" | "resolved";
  /** Sorted by name. */
  declare readonly labels: readonly wire.Pair[];
  declare readonly annotations: readonly wire.Pair[];
  declare readonly startsAt: Instant;
  /** Null if nobody said. */
  declare readonly endsAt: Instant | null;

  /** There may be 500 alerts: each stays the object that came in, and only gets these methods. */
  static lift(alert: wire.Alert): Alert {
    return Object.setPrototypeOf(alert, Alert.prototype);
  }

  label(name: string): string | undefined {
    return valueOf(this.labels, name);
  }

  annotation(name: string): string | undefined {
    return valueOf(this.annotations, name);
  }
}

/** A notice of the incident's current opening and how it fared, one entry per key and target. */
export interface Sent {
  readonly key: string;
  readonly to: Target;
  readonly at: Instant;
  /** "nobody": the target was empty then, such as a schedule with nobody on call. */
  readonly outcome: "pending" | "delivered" | "failed" | "nobody";
}

export interface Incident {
  /** `TEAM-NUMBER`. */
  readonly id: string;
  readonly team: string;
  readonly route: string;
  readonly state: "open" | "acknowledged" | "snoozed" | "resolved";
  /** The labels that the alerts were grouped by. */
  readonly group: Named<string>;
  /** When it opened, or re-opened last: ladders count from here. */
  readonly openedAt: Instant;
  /** When its facts last changed. */
  readonly changedAt: Instant;
  /** How often it re-opened after it was resolved. */
  readonly reopened: number;
  readonly acknowledged: { readonly by: string; readonly at: Instant } | undefined;
  readonly snoozedUntil: Instant | undefined;
  /** When somebody last asked for the next step. It is due if nothing was sent at or after this instant. */
  readonly escalatedAt: Instant | undefined;
  /** What the last decision said; undefined before the first. */
  readonly priority: Priority | undefined;
  /** How many alerts there are in all; `alerts` may hold fewer. */
  readonly firing: number;
  readonly resolved: number;
  /** Firing ones first, then newest first; at most 500. */
  readonly alerts: readonly Alert[];
  /** In the order they were decided. Keys that begin `bellwire:` are the host's own. */
  readonly sent: readonly Sent[];
}

export interface Facts {
  /** The only clock a policy has. */
  readonly now: Instant;
  readonly incident: Incident;
  /** `now` on the wall of the zones that `check` asked for. Month and day count from 1; weekday 1 is Monday. */
  readonly civil: Named<wire.Civil>;
  /** The windows that `check` asked for: are we in it, and until when is that so? */
  readonly windows: Named<{ readonly inside: boolean; readonly changesAt: Instant | undefined }>;
  /** The schedules that `check` asked for. */
  readonly onCall: Named<{ readonly people: readonly string[]; readonly until: Instant | undefined }>;
}

export function firingAlerts(incident: Incident): Alert[] {
  return incident.alerts.filter((alert) => alert.state === "firing");
}

/** Did the host take a notice with this key? */
export function wasSent(incident: Incident, key: string): boolean {
  return incident.sent.some((sent) => sent.key === key);
}

export function liftFacts({ now, incident, civil, windows, onCall }: wire.Facts): Facts {
  return {
    now,
    incident: liftIncident(incident),
    civil: named(civil, ({ zone }) => zone, (there) => there),
    windows: named(windows, ({ name }) => name, ({ inside, changesAt }) => ({ inside, changesAt: given(changesAt) })),
    onCall: named(onCall, ({ schedule }) => schedule, ({ people, until }) => ({ people, until: given(until) })),
  };
}

function liftIncident({ ext, ...incident }: wire.Incident): Incident {
  const escalatedAt = valueOf(ext, "escalated-at");
  return {
    ...incident,
    group: named(incident.group, ({ name }) => name, ({ value }) => value),
    acknowledged: given(incident.acknowledged),
    snoozedUntil: given(incident.snoozedUntil),
    escalatedAt: escalatedAt === undefined ? undefined : Number(escalatedAt),
    priority: incident.priority === null ? undefined : (incident.priority.toUpperCase() as Priority),
    alerts: incident.alerts.map(Alert.lift),
    sent: incident.sent.map((sent) => ({ ...sent, to: liftTarget(sent.to) })),
  };
}

function named<T, U>(list: T[], name: (element: T) => string, value: (element: T) => U): Named<U> {
  const object: Record<string, U> = Object.create(null);
  for (const element of list) object[name(element)] = value(element);
  return object;
}

function given<T>(value: T | null): T | undefined {
  return value ?? undefined;
}

/** Few names are asked for, so looking is cheaper than making an object of all. */
function valueOf(pairs: readonly wire.Pair[], name: string): string | undefined {
  for (let i = 0; i < pairs.length; i++) if (pairs[i]!.name === name) return pairs[i]!.value;
  return undefined;
}
