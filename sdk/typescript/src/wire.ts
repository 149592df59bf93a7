/**
 * The world of ../../wit/policy.wit as componentize-qjs hands it to JavaScript: records are objects, `option` is null
 * or the value, an instant is a number (exact until the year 287396). Authors use the types of facts.ts and
 * decision.ts instead.
 */

export interface Pair {
  name: string;
  value: string;
}

export type Target = { tag: "receiver" | "person" | "schedule"; val: string } | { tag: "other"; val: Pair };

export type Priority = "p1" | "p2" | "p3" | "p4";

export interface Alert {
  fingerprint: string;
  state: "firing" | "resolved";
  labels: Pair[];
  annotations: Pair[];
  startsAt: number;
  endsAt: number | null;
  ext: Pair[];
}

export interface Sent {
  key: string;
  to: Target;
  at: number;
  outcome: "pending" | "delivered" | "failed" | "nobody";
}

export interface Incident {
  id: string;
  team: string;
  route: string;
  state: "open" | "acknowledged" | "snoozed" | "resolved";
  group: Pair[];
  openedAt: number;
  changedAt: number;
  reopened: number;
  acknowledged: { by: string; at: number } | null;
  snoozedUntil: number | null;
  priority: Priority | null;
  firing: number;
  resolved: number;
  alerts: Alert[];
  sent: Sent[];
  ext: Pair[];
}

export interface Civil {
  zone: string;
  year: number;
  month: number;
  day: number;
  weekday: number;
  hour: number;
  minute: number;
}

export interface Facts {
  now: number;
  incident: Incident;
  civil: Civil[];
  windows: { name: string; inside: boolean; changesAt: number | null }[];
  onCall: { schedule: string; people: string[]; until: number | null }[];
  ext: Pair[];
}

export interface Decision {
  priority: Priority;
  notices: { key: string; to: Target[]; page: boolean; text: string | null; ext: Pair[] }[];
  nextCheck: number | null;
  reason: string;
  ext: Pair[];
}

export type PolicyError =
  | { tag: "settings" | "not-applicable" | "failed"; val: string }
  | { tag: "other"; val: Pair };

export interface Wants {
  zones: string[];
  windows: string[];
  schedules: string[];
  targets: Target[];
}

export interface Problem {
  path: string;
  message: string;
}

/** What a policy's module exports under the name `evaluator`. The errors of the contract are thrown. */
export interface Evaluator {
  describe(): { name: string; version: string; summary: string; settingsSchema: string };
  /** Throws `Problem[]`. */
  check(settings: string): Wants;
  /** Throws a `PolicyError`. */
  evaluate(settings: string, facts: Facts): Decision;
}
