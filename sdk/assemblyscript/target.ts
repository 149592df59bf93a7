/** Whom to tell, and how urgent it is. */

import { loadText, room, storeList, storeText } from "./abi";

/** P1 is the most urgent, and the least. */
export enum Priority {
  P1,
  P2,
  P3,
  P4,
}

/** "P1" to "P4". */
export function priorityName(priority: Priority): string {
  return `P${priority + 1}`;
}

const KINDS: string[] = ["receiver", "person", "schedule"];
const OTHER: i32 = 3;

/** By the name that the team's routes file gives it. */
export class Target {
  /** As in memory: the kind's number, then one text, or two if it is another kind. */
  static readonly SIZE: i32 = 20;

  constructor(
    /** "receiver", "person" or "schedule". */
    readonly kind: string,
    readonly name: string,
  ) {}

  static receiver(name: string): Target {
    return new Target("receiver", name);
  }

  /** `NAME` and `receiver:NAME` are a receiver. Null if it is no target: `problemOf` says why. */
  static parse(text: string): Target | null {
    const colon = text.indexOf(":");
    const kind = colon < 0 ? "receiver" : text.substring(0, colon);
    const name = text.substring(colon + 1);
    return name.length > 0 && KINDS.includes(kind) ? new Target(kind, name) : null;
  }

  static problemOf(text: string): string {
    const colon = text.indexOf(":");
    if (colon + 1 == text.length) return "a target needs a name";
    return `unknown kind of target "${text.substring(0, colon)}": expected receiver, person or schedule`;
  }

  static load(at: usize): Target {
    const kind = <i32>load<u8>(at);
    if (kind == OTHER) return new Target(loadText(at + 4), loadText(at + 12));
    return new Target(KINDS[kind], loadText(at + 4));
  }

  store(at: usize): void {
    const kind = KINDS.indexOf(this.kind);
    store<u8>(at, kind < 0 ? OTHER : kind);
    if (kind < 0) storeText(at + 4, this.kind);
    storeText(kind < 0 ? at + 12 : at + 4, this.name);
  }

  equals(other: Target): bool {
    return this.kind == other.kind && this.name == other.name;
  }

  toString(): string {
    return `${this.kind}:${this.name}`;
  }
}

export function storeTargets(at: usize, targets: Target[]): void {
  const elements = room(Target.SIZE * targets.length);
  for (let i = 0; i < targets.length; i++) targets[i].store(elements + Target.SIZE * i);
  storeList(at, elements, targets.length);
}
