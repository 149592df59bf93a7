/** Critical alerts page, all others inform. A policy touches nothing but its arguments. */

import { aTarget, definePolicy, firingAlerts, object } from "bellwire";

export const evaluator = definePolicy({
  describe: { name: "{{name}}", version: "0.1.0", summary: "Critical alerts page, all others inform." },

  /** What the routes file may say under `settings`. The JSON Schema is made of it. */
  settings: object({ to: aTarget }),

  /** Every target that a decision may ever name; or problems, such as `report("to", "what is wrong")`. */
  check: ({ to }) => ({ targets: [to] }),

  /** Every notice that is due by `facts.now`, whether sent before or not: the host sends a key once. */
  evaluate({ to }, { incident }) {
    const critical = firingAlerts(incident).some((alert) => alert.label("severity") === "critical");
    return critical
      ? { priority: "P1", reason: "P1 because severity is critical", notices: [{ key: "told", to: [to], page: true }] }
      : { priority: "P3", reason: "P3 by default", notices: [{ key: "told", to: [to] }] };
  },
});
