/** Whom to tell, and how urgent it is. */

import type * as wire from "./wire";

/** `receiver:NAME`, `person:NAME` or `schedule:NAME`, by the name it has in the team's routes file. */
export type Target = `${string}:${string}`;

/** "P1" is the most urgent, and the least: compare them with `<`. */
export type Priority = "P1" | "P2" | "P3" | "P4";

export const PRIORITIES: readonly Priority[] = ["P1", "P2", "P3", "P4"];

const KINDS = ["receiver", "person", "schedule"] as const;

/** As settings write it: `NAME` alone is a receiver. Throws an Error that says what is wrong. */
export function target(text: string): Target {
  const colon = text.indexOf(":");
  const kind = colon < 0 ? "receiver" : text.slice(0, colon);
  const name = text.slice(colon + 1);
  if (name === "") throw new Error("a target needs a name");
  if (!(KINDS as readonly string[]).includes(kind)) {
    throw new Error(`unknown kind of target ${JSON.stringify(kind)}: expected receiver, person or schedule`);
  }
  return `${kind}:${name}`;
}

export function liftTarget(target: wire.Target): Target {
  return target.tag === "other" ? `${target.val.name}:${target.val.value}` : `${target.tag}:${target.val}`;
}

export function lowerTarget(target: Target): wire.Target {
  const colon = target.indexOf(":");
  const [name, value] = [target.slice(0, colon), target.slice(colon + 1)];
  const tag = KINDS.find((kind) => kind === name);
  return tag === undefined ? { tag: "other", val: { name, value } } : { tag, val: value };
}
