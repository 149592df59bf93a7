/** From a policy to what the component exports. */

import { log as hostLog } from "bellwire:policy/log@0.1.1";
import { lowerDecision, lowerWants, NotApplicable, type Decision, type Wants } from "./decision";
import { liftFacts, type Facts } from "./facts";
import type { Report, Shape } from "./settings";
import type * as wire from "./wire";

export interface Policy<S> {
  describe: {
    name: string;
    version: string;
    summary: string;
    /** A JSON Schema of the settings, if not the one that `settings` gives. */
    schema?: string;
  };
  settings: Shape<S>;
  /** When the configuration is loaded, after the settings were found to have their shape. */
  check(settings: S, report: Report): Wants;
  /** Pure: the same settings and facts give the same decision. */
  evaluate(settings: S, facts: Facts): Decision;
}

/** `export const evaluator = definePolicy({ … });` is all that the host needs. */
export function definePolicy<S>({ describe, settings: shape, check, evaluate }: Policy<S>): wire.Evaluator {
  return {
    describe() {
      const { schema = schemaOf(shape), ...rest } = describe;
      return { ...rest, settingsSchema: schema };
    },
    check(text) {
      const { settings, problems } = readSettings(shape, text);
      if (problems.length > 0) throw problems;
      const wants = check(settings, reporter(problems));
      if (problems.length > 0) throw problems;
      return lowerWants(wants);
    },
    evaluate(text, facts) {
      const { settings, problems } = readSettings(shape, text);
      if (problems.length > 0) throw refusal("settings", written(problems));
      try {
        return lowerDecision(evaluate(settings, liftFacts(facts)));
      } catch (error) {
        if (error instanceof NotApplicable) throw refusal("not-applicable", error.message);
        throw refusal("failed", error instanceof Error ? `${error}` : JSON.stringify(error));
      }
    },
  };
}

/** For the author: at most 100 lines of 1 KiB a call are kept. */
export const log = {
  debug: (message: string) => hostLog("debug", message),
  info: (message: string) => hostLog("info", message),
  warn: (message: string) => hostLog("warn", message),
  error: (message: string) => hostLog("error", message),
};

function schemaOf(shape: Shape<unknown>): string {
  const $schema = "https://json-schema.org/draft/2020-12/schema";
  return JSON.stringify({ $schema, title: "Settings", ...shape.schema }, null, 2);
}

function readSettings<S>(shape: Shape<S>, text: string): { settings: S; problems: wire.Problem[] } {
  const problems: wire.Problem[] = [];
  const report = reporter(problems);
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    report("", (error as Error).message);
  }
  const settings = problems.length > 0 ? undefined : shape.read(document, "", report);
  // Without problems it was read in full.
  return { settings: settings as S, problems };
}

function written(problems: wire.Problem[]): string {
  return problems.map(({ path, message }) => `${path}: ${message}`).join("; ");
}

function reporter(problems: wire.Problem[]): Report {
  return (path, message) => void problems.push({ path, message });
}

function refusal(tag: "settings" | "not-applicable" | "failed", val: string): wire.PolicyError {
  return { tag, val };
}
