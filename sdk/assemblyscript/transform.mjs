/**
 * The last step of `asc`: makes the module a plugin. It gives the exports the names of the contract, which are no
 * names in AssemblyScript, and adds the component's type, made of sdk/wit/policy.wit.
 */

import { readFileSync } from "node:fs";

const EVALUATOR = "bellwire:policy/evaluator@0.1.1#";
const NAMES = {
  allocate: "cabi_realloc",
  describe: `${EVALUATOR}describe`,
  check: `${EVALUATOR}check`,
  evaluate: `${EVALUATOR}evaluate`,
};

export default class {
  /** `this.binaryen` is given by asc. */
  afterCompile(module) {
    for (const [name, contract] of Object.entries(NAMES)) {
      const found = module.getExport(name);
      if (!found) throw new Error(`nothing exports ${name}: the policy needs \`export * from "…/exports"\``);
      module.addFunctionExport(this.binaryen.getExportInfo(found).value, contract);
      module.removeExport(name);
    }
    module.addCustomSection("component-type:bellwire", readFileSync(new URL("generated/component-type.bin", import.meta.url)));
  }
}
