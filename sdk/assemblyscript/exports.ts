/** What a plugin exports; transform.mjs gives each the name that the contract has for it. */

export { allocate } from "./abi";
export { check, describe, evaluate } from "./policy";
