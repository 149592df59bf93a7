/** Modules that are not TypeScript. */

declare module "bellwire:policy/log@0.1.1" {
  export function log(level: "debug" | "info" | "warn" | "error", message: string): void;
}

/** The text of the file. */
declare module "*.schema.json" {
  const text: string;
  export default text;
}
