/** What a policy wants. */

import type { Instant } from "./facts";
import { lowerTarget, type Priority, type Target } from "./target";
import type * as wire from "./wire";

export interface Notice {
  /** Unique within one opening of the incident, such as `step-2`. The host sends a key once to each target. */
  key: string;
  to: readonly Target[];
  /** Should it wake somebody (true), or only inform (false, as if missing)? */
  page?: boolean;
  /** Said in the message beside the host's own text. */
  text?: string;
}

export interface Decision {
  priority: Priority;
  /** Every notice that is due by now, whether sent before or not. */
  notices: readonly Notice[];
  /** When to ask again, if nothing changes before. */
  nextCheck?: Instant | undefined;
  /** One sentence for a human. */
  reason: string;
}

/** What the host must look up for a policy with its settings. */
export interface Wants {
  /** Every target that a decision may ever name: checked when the configuration is loaded. */
  targets?: readonly Target[];
  zones?: readonly string[];
  windows?: readonly string[];
  schedules?: readonly string[];
}

/** Thrown by `evaluate`: this policy is not for this incident, and its route's fallback shall take it. */
export class NotApplicable extends Error {}

export function lowerDecision({ priority, notices, nextCheck, reason }: Decision): wire.Decision {
  if (nextCheck !== undefined && !(Number.isSafeInteger(nextCheck) && nextCheck >= 0)) {
    throw new Error(`nextCheck is not an instant: ${nextCheck}`);
  }
  return {
    priority: priority.toLowerCase() as wire.Priority,
    notices: notices.map(({ key, to, page, text }) => ({
      key,
      to: to.map(lowerTarget),
      page: page ?? false,
      text: text ?? null,
      ext: [],
    })),
    nextCheck: nextCheck ?? null,
    reason,
    ext: [],
  };
}

/** Each once. */
export function lowerWants({ targets = [], zones = [], windows = [], schedules = [] }: Wants): wire.Wants {
  return {
    targets: [...new Set(targets)].map(lowerTarget),
    zones: [...new Set(zones)],
    windows: [...new Set(windows)],
    schedules: [...new Set(schedules)],
  };
}
