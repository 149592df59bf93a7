/** Write Bellwire policies in TypeScript: see ../README.md. */

/// <reference path="./ambient.d.ts" />

export { NotApplicable, type Decision, type Notice, type Wants } from "./decision";
export { Alert, firingAlerts, wasSent, type Facts, type Incident, type Instant, type Named, type Sent } from "./facts";
export { definePolicy, log, type Policy } from "./policy";
export * from "./settings";
export { PRIORITIES, target, type Priority, type Target } from "./target";
export { DAY, HOUR, MINUTE, parseSpan, SECOND, type Span } from "./time";
