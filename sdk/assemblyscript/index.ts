/** Write Bellwire policies in AssemblyScript: see README.md. */

export { Level, log, NEVER } from "./abi";
export { Answer, Cause, Decision, Description, Notice, Problem, Refusal, Wants } from "./decision";
export { Acknowledgement, Alert, AlertState, Civil, Facts, Incident, IncidentState, OnCall, Outcome, Pair, Sent, Window } from "./facts";
export { define, Policy } from "./policy";
export { Setting } from "./settings";
export { Priority, priorityName, Target } from "./target";
export { DAY, HOUR, MINUTE, SECOND } from "./time";
