/** Critical alerts page, all others inform. A policy touches nothing but its arguments. */

import { Answer, Decision, define, Description, Facts, Policy, Priority, Setting, Target, Wants } from "./sdk/assemblyscript";
import { SCHEMA } from "./schema";

export * from "./sdk/assemblyscript/exports";

/** What the routes file may say under `settings`; schema.ts says the same to editors. */
function readTo(settings: Setting): Target {
  return settings.only(["to"]).get("to").target();
}

class Plugin extends Policy {
  describe(): Description {
    return new Description("{{name}}", "0.1.0", "Critical alerts page, all others inform.", SCHEMA);
  }

  /** Every target that a decision may ever name; or problems, such as `settings.get("to").problem("what is wrong")`. */
  check(settings: Setting): Wants {
    return new Wants().addTargets([readTo(settings)]);
  }

  /** Every notice that is due by `facts.now`, whether sent before or not: the host sends a key once. */
  evaluate(settings: Setting, facts: Facts): Answer {
    const to = [readTo(settings)];
    const alerts = facts.incident.alerts;
    for (let i = 0; i < alerts.length; i++) {
      if (!alerts[i].isFiring() || alerts[i].label("severity") != "critical") continue;
      const critical = new Decision(Priority.P1, "P1 because severity is critical");
      critical.page("told", to);
      return critical;
    }
    const decision = new Decision(Priority.P3, "P3 by default");
    decision.inform("told", to);
    return decision;
  }
}

define(new Plugin());
