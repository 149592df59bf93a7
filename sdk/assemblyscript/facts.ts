/** What a policy knows. The numbers are the places of the fields, as the canonical ABI lays out ../wit/policy.wit. */

import { loadInstant, loadText, NEVER } from "./abi";
import { Priority, Target } from "./target";

export class Pair {
  name: string;
  value: string;

  constructor(at: usize) {
    this.name = loadText(at);
    this.value = loadText(at + 8);
  }
}

export enum AlertState {
  Firing,
  Resolved,
}

export class Alert {
  /** 16 hex digits, Alertmanager's fingerprint of the labels. */
  fingerprint: string;
  state: AlertState;
  /** Sorted by name. */
  labels: Pair[];
  annotations: Pair[];
  startsAt: u64;
  /** Or NEVER. */
  endsAt: u64;

  constructor(at: usize) {
    this.fingerprint = loadText(at);
    this.state = load<u8>(at, 8);
    this.labels = list<Pair>(at + 12, 16);
    this.annotations = list<Pair>(at + 20, 16);
    this.startsAt = load<u64>(at, 32);
    this.endsAt = loadInstant(at + 40);
  }

  isFiring(): bool {
    return this.state == AlertState.Firing;
  }

  label(name: string): string | null {
    return valueOf(this.labels, name);
  }

  annotation(name: string): string | null {
    return valueOf(this.annotations, name);
  }
}

export enum Outcome {
  Pending,
  Delivered,
  Failed,
  /** The target was empty then, such as a schedule with nobody on call. */
  Nobody,
}

/** A notice of the incident's current opening and how it fared, one entry per key and target. */
export class Sent {
  key: string;
  to: Target;
  at: u64;
  outcome: Outcome;

  constructor(at: usize) {
    this.key = loadText(at);
    this.to = Target.load(at + 8);
    this.at = load<u64>(at, 32);
    this.outcome = load<u8>(at, 40);
  }
}

export class Acknowledgement {
  by: string;
  at: u64;

  constructor(at: usize) {
    this.by = loadText(at);
    this.at = load<u64>(at, 8);
  }
}

export enum IncidentState {
  Open,
  Acknowledged,
  Snoozed,
  Resolved,
}

export class Incident {
  /** `TEAM-NUMBER`. */
  id: string;
  team: string;
  route: string;
  state: IncidentState;
  /** The labels that the alerts were grouped by. */
  groupedBy: Pair[];
  /** When it opened, or re-opened last: ladders count from here. */
  openedAt: u64;
  /** When its facts last changed. */
  changedAt: u64;
  /** How often it re-opened after it was resolved. */
  reopened: u32;
  acknowledged: Acknowledgement | null;
  /** Or NEVER. */
  snoozedUntil: u64;
  /** When somebody last asked for the next step, or NEVER. It is due if nothing was sent at or after this instant. */
  escalatedAt: u64;
  /** How many alerts there are in all; `alerts` may hold fewer. */
  firing: u32;
  resolved: u32;
  /** Firing ones first, then newest first; at most 500. */
  alerts: Alert[];
  /** In the order they were decided. Keys that begin `bellwire:` are the host's own. */
  sent: Sent[];
  private decided: i32;

  constructor(at: usize) {
    this.id = loadText(at);
    this.team = loadText(at + 8);
    this.route = loadText(at + 16);
    this.state = load<u8>(at, 24);
    this.groupedBy = list<Pair>(at + 28, 16);
    this.openedAt = load<u64>(at, 40);
    this.changedAt = load<u64>(at, 48);
    this.reopened = load<u32>(at, 56);
    this.acknowledged = load<u8>(at, 64) ? new Acknowledgement(at + 72) : null;
    this.snoozedUntil = loadInstant(at + 88);
    this.decided = load<u8>(at, 104) ? load<u8>(at, 105) : -1;
    this.firing = load<u32>(at, 108);
    this.resolved = load<u32>(at, 112);
    this.alerts = list<Alert>(at + 116, 64);
    this.sent = list<Sent>(at + 124, 48);
    const escalatedAt = valueOf(list<Pair>(at + 132, 16), "escalated-at");
    this.escalatedAt = escalatedAt === null ? NEVER : U64.parseInt(escalatedAt);
  }

  /** What the last decision said; `first` before there was one. */
  priorityOr(first: Priority): Priority {
    return this.decided < 0 ? first : this.decided;
  }

  /** Did the host take a notice with this key? */
  wasSent(key: string): bool {
    for (let i = 0; i < this.sent.length; i++) if (this.sent[i].key == key) return true;
    return false;
  }

  /** A label that all alerts of the incident share. */
  group(name: string): string | null {
    return valueOf(this.groupedBy, name);
  }
}

/** `facts.now` on the wall of a zone. Month and day count from 1; weekday 1 is Monday, 7 Sunday. */
export class Civil {
  zone: string;
  year: i32;
  month: i32;
  day: i32;
  weekday: i32;
  hour: i32;
  minute: i32;

  constructor(at: usize) {
    this.zone = loadText(at);
    this.year = load<i32>(at, 8);
    this.month = load<u8>(at, 12);
    this.day = load<u8>(at, 13);
    this.weekday = load<u8>(at, 14);
    this.hour = load<u8>(at, 15);
    this.minute = load<u8>(at, 16);
  }
}

/** A window of time from the routes file: are we in it, and until when is that so? */
export class Window {
  name: string;
  inside: bool;
  /** Or NEVER. */
  changesAt: u64;

  constructor(at: usize) {
    this.name = loadText(at);
    this.inside = load<u8>(at, 8) != 0;
    this.changesAt = loadInstant(at + 16);
  }
}

export class OnCall {
  schedule: string;
  people: string[];
  /** Or NEVER. */
  until: u64;

  constructor(at: usize) {
    this.schedule = loadText(at);
    this.people = [];
    const people = load<usize>(at, 8);
    for (let i: u32 = 0, length = load<u32>(at, 12); i < length; i++) this.people.push(loadText(people + 8 * i));
    this.until = loadInstant(at + 16);
  }
}

export class Facts {
  /** The only clock a policy has: milliseconds since 1970-01-01T00:00:00Z, as every instant. */
  now: u64;
  incident: Incident;
  /** What `check` asked for, and nothing else. */
  civil: Civil[];
  windows: Window[];
  onCall: OnCall[];

  constructor(at: usize) {
    this.now = load<u64>(at);
    this.incident = new Incident(at + 8);
    this.civil = list<Civil>(at + 152, 20);
    this.windows = list<Window>(at + 160, 32);
    this.onCall = list<OnCall>(at + 168, 32);
  }

  window(name: string): Window | null {
    for (let i = 0; i < this.windows.length; i++) if (this.windows[i].name == name) return this.windows[i];
    return null;
  }
}

/** A list of records that each lie in `size` bytes. */
function list<T>(at: usize, size: i32): T[] {
  const elements = load<usize>(at);
  const length = load<i32>(at, 4);
  const made = new Array<T>();
  for (let i = 0; i < length; i++) made.push(instantiate<T>(elements + size * i));
  return made;
}

function valueOf(pairs: Pair[], name: string): string | null {
  for (let i = 0; i < pairs.length; i++) if (pairs[i].name == name) return pairs[i].value;
  return null;
}
