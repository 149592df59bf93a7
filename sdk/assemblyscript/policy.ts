/** From a policy to what the component exports. */

import { textAt } from "./abi";
import { Answer, Cause, Description, lowerProblems, Problem, Refusal, Wants } from "./decision";
import { Facts } from "./facts";
import { Setting } from "./settings";

export abstract class Policy {
  abstract describe(): Description;

  /** When the configuration is loaded: what the host must look up. Problems that are noted on the way count instead. */
  abstract check(settings: Setting): Wants;

  /** Pure: the same settings and facts give the same decision. */
  abstract evaluate(settings: Setting, facts: Facts): Answer;
}

let policy: Policy | null = null;

/** Says which policy it is; `export * from "…/exports"` beside it makes it a plugin. */
export function define(one: Policy): void {
  policy = one;
}

function defined(): Policy {
  const one = policy;
  if (one === null) throw new Error("there is no policy: call define(new YourPolicy())");
  return one;
}

export function describe(): usize {
  return defined().describe().lower();
}

export function check(settings: usize, length: u32): usize {
  const setting = Setting.parse(textAt(settings, length));
  if (setting.problems.length > 0) return lowerProblems(setting.problems);
  const wants = defined().check(setting);
  return setting.problems.length > 0 ? lowerProblems(setting.problems) : wants.lower();
}

/** The settings, a text, and the facts after it. */
export function evaluate(at: usize): usize {
  const setting = Setting.parse(textAt(load<usize>(at), load<u32>(at, 4)));
  const answer = defined().evaluate(setting, new Facts(at + 8));
  if (setting.problems.length == 0) return answer.lower();
  return new Refusal(Cause.Settings, setting.problems.map<string>((problem: Problem) => problem.toString()).join("; ")).lower();
}
