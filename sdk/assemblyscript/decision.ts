/** What a policy says. The numbers are the places of the fields, as the canonical ABI lays out ../wit/policy.wit. */

import { NEVER, room, storeInstant, storeList, storeText, storeTexts } from "./abi";
import { Priority, storeTargets, Target } from "./target";

/** A decision, or why there is none. */
export abstract class Answer {
  /** A `result<decision, policy-error>` in memory. */
  abstract lower(): usize;
}

export class Notice {
  static readonly SIZE: i32 = 40;
  /** Said in the message beside the host's own text. */
  text: string | null = null;

  constructor(
    /** Unique within one opening of the incident, such as `step-2`. The host sends a key once to each target. */
    readonly key: string,
    readonly to: Target[],
    /** Should it wake somebody (true), or only inform (false)? */
    readonly page: bool,
  ) {}

  store(at: usize): void {
    storeText(at, this.key);
    storeTargets(at + 8, this.to);
    store<u8>(at, this.page, 16);
    const text = this.text;
    if (text !== null) {
      store<u8>(at, 1, 20);
      storeText(at + 24, text);
    }
  }
}

export class Decision extends Answer {
  /** Every notice that is due by now, whether sent before or not. */
  notices: Notice[] = [];
  nextCheck: u64 = NEVER;

  constructor(
    public priority: Priority,
    /** One sentence for a human. */
    public reason: string = "",
  ) {
    super();
  }

  /** Adds a notice that wakes somebody. */
  page(key: string, to: Target[]): Notice {
    return this.notify(new Notice(key, to, true));
  }

  /** Adds one that only informs. */
  inform(key: string, to: Target[]): Notice {
    return this.notify(new Notice(key, to, false));
  }

  notify(notice: Notice): Notice {
    this.notices.push(notice);
    return notice;
  }

  /** Ask again then; the earliest of several calls counts. */
  checkAt(instant: u64): void {
    this.nextCheck = min(this.nextCheck, instant);
  }

  lower(): usize {
    const result = room(56);
    const at = result + 8;
    store<u8>(at, this.priority);
    const notices = room(Notice.SIZE * this.notices.length);
    for (let i = 0; i < this.notices.length; i++) this.notices[i].store(notices + Notice.SIZE * i);
    storeList(at + 4, notices, this.notices.length);
    storeInstant(at + 16, this.nextCheck);
    storeText(at + 32, this.reason);
    return result;
  }
}

export enum Cause {
  Settings,
  /** This policy is not for this incident: its route's fallback shall take it. */
  NotApplicable,
  Failed,
}

export class Refusal extends Answer {
  constructor(
    readonly cause: Cause,
    readonly message: string,
  ) {
    super();
  }

  lower(): usize {
    const result = room(56);
    store<u8>(result, 1);
    store<u8>(result, this.cause, 8);
    storeText(result + 12, this.message);
    return result;
  }
}

/** What the host must look up for a policy with its settings. */
export class Wants {
  zones: string[] = [];
  windows: string[] = [];
  schedules: string[] = [];
  /** Every target that a decision may ever name: checked when the configuration is loaded. Each once. */
  readonly targets: Target[] = [];

  addTargets(targets: Target[]): Wants {
    for (let i = 0; i < targets.length; i++) if (!this.has(targets[i])) this.targets.push(targets[i]);
    return this;
  }

  private has(target: Target): bool {
    for (let i = 0; i < this.targets.length; i++) if (this.targets[i].equals(target)) return true;
    return false;
  }

  /** An ok `result<wants, list<problem>>` in memory. */
  lower(): usize {
    const result = room(36);
    storeTexts(result + 4, this.zones);
    storeTexts(result + 12, this.windows);
    storeTexts(result + 20, this.schedules);
    storeTargets(result + 28, this.targets);
    return result;
  }
}

export class Problem {
  constructor(
    /** As in `rules[2].above.error_rate`. */
    readonly path: string,
    readonly message: string,
  ) {}

  toString(): string {
    return `${this.path}: ${this.message}`;
  }
}

/** An error `result<wants, list<problem>>` in memory. */
export function lowerProblems(problems: Problem[]): usize {
  const texts = new Array<string>();
  for (let i = 0; i < problems.length; i++) {
    texts.push(problems[i].path);
    texts.push(problems[i].message);
  }
  const result = room(36);
  store<u8>(result, 1);
  // A problem is two texts, one after the other.
  storeTexts(result + 4, texts);
  store<u32>(result, problems.length, 8);
  return result;
}

export class Description {
  constructor(
    readonly name: string,
    readonly version: string,
    readonly summary: string,
    /** A JSON Schema of the settings; the schema `true` takes every document. */
    readonly settingsSchema: string = "true",
  ) {}

  lower(): usize {
    const at = room(32);
    storeText(at, this.name);
    storeText(at + 8, this.version);
    storeText(at + 16, this.summary);
    storeText(at + 24, this.settingsSchema);
    return at;
  }
}
