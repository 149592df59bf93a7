/**
 * Settings are described once, as a shape: from it come their type, their JSON Schema, and every problem of them at
 * once, each with its path.
 *
 *     const settings = object({ to: aTarget, after: optional(aSpan, "5m") });
 *     type Settings = Shaped<typeof settings>; // { to: Target; after: number }
 */

import { PRIORITIES, target, type Priority, type Target } from "./target";
import { parseSpan, type Span } from "./time";

/** Notes a problem. `path` is such as `rules[2].above.error_rate`. */
export type Report = (path: string, message: string) => undefined;

export interface Shape<T> {
  /** The part of the JSON Schema that says the same. */
  readonly schema: { readonly [keyword: string]: unknown };
  /** An object may leave it out. */
  readonly optional?: true;
  /** Undefined after a problem was reported: then the rest is read only to find the other problems. */
  read(value: unknown, path: string, report: Report): T | undefined;
}

/** The type of what a shape reads. */
export type Shaped<S> = S extends Shape<infer T> ? T : never;

export const string: Shape<string> = primitive("string");
export const number: Shape<number> = primitive("number");
export const boolean: Shape<boolean> = primitive("boolean");

/** `"team-a"`, `"person:ann"`, `"schedule:primary"`. */
export const aTarget: Shape<Target> = parsed("a target", target, {
  description: 'Whom to tell: a receiver\'s name, or "receiver:NAME", "person:NAME", "schedule:NAME".',
  pattern: "^((receiver|person|schedule):.+|[^:]+)$",
});

/** A length of time in milliseconds, written as `"90s"`, `"5m"`, `"1h30m"`. */
export const aSpan: Shape<Span> = parsed("a length of time", parseSpan, {
  description: 'A length of time: "90s", "5m", "1h30m", "2d".',
  pattern: "^(0|([0-9]+(ms|s|m|h|d|w))+)$",
});

export const aPriority: Shape<Priority> = oneOf(...PRIORITIES);

export function oneOf<const T extends string>(...values: T[]): Shape<T> {
  return {
    schema: { enum: values },
    read: (value, path, report) =>
      values.find((one) => one === value) ?? report(path, `expected ${listed(values)}, not ${shown(value)}`),
  };
}

export function list<T>(element: Shape<T>): Shape<T[]> {
  return {
    schema: { type: "array", items: element.schema },
    read(value, path, report) {
      if (!Array.isArray(value)) return report(path, `expected a list, not ${shown(value)}`);
      // What could not be read is never used.
      return value.map((one, index) => element.read(one, `${path}[${index}]`, report) as T);
    },
  };
}

/** Written as one or as a list of at least one. */
export function oneOrMore<T>(element: Shape<T>): Shape<T[]> {
  const many = list(element);
  return {
    schema: { anyOf: [element.schema, { ...many.schema, minItems: 1 }] },
    read(value, path, report) {
      // What is wrong with the one is wrong here, not at an index that nobody wrote.
      if (!Array.isArray(value)) return many.read([value], path, (_, message) => report(path, message));
      return value.length > 0 ? many.read(value, path, report) : report(path, "needs at least one");
    },
  };
}

/** What is missing is read as if `written` stood there; without that it is undefined. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined>;
export function optional<T>(shape: Shape<T>, written: unknown): Shape<T>;
export function optional<T>(shape: Shape<T>, written?: unknown): Shape<T | undefined> {
  return {
    schema: written === undefined ? shape.schema : { ...shape.schema, default: written },
    optional: true,
    read(value = written, path, report) {
      return value === undefined ? undefined : shape.read(value, path, report);
    },
  };
}

type Fields = { readonly [name: string]: Shape<unknown> };

/** These fields and no others. */
export function object<F extends Fields>(fields: F): Shape<{ readonly [Name in keyof F]: Shaped<F[Name]> }> {
  const names = Object.keys(fields);
  const required = names.filter((name) => !fields[name]!.optional);
  const properties = Object.fromEntries(names.map((name) => [name, fields[name]!.schema]));
  return {
    schema: { type: "object", properties, required, additionalProperties: false },
    read(value, path, report) {
      if (typeof value !== "object" || value === null || Array.isArray(value)) {
        return report(path, `expected an object, not ${shown(value)}`);
      }
      const member = (name: string) => (path === "" ? name : `${path}.${name}`);
      const given = new Map(Object.entries(value));
      for (const name of given.keys()) {
        if (!names.includes(name)) report(member(name), `unknown field "${name}", expected ${listed(names)}`);
      }
      for (const name of required) if (!given.has(name)) report(member(name), "is missing");
      const read = names
        .filter((name) => given.has(name) || fields[name]!.optional)
        .map((name) => [name, fields[name]!.read(given.get(name), member(name), report)]);
      return Object.fromEntries(read);
    },
  };
}

function primitive<T>(type: "string" | "number" | "boolean"): Shape<T> {
  return {
    schema: { type },
    read: (value, path, report) =>
      typeof value === type ? (value as T) : report(path, `expected a ${type}, not ${shown(value)}`),
  };
}

/** A string that means something: `parse` throws an Error that says what is wrong. */
function parsed<T>(name: string, parse: (text: string) => T, schema: object): Shape<T> {
  return {
    schema: { type: "string", ...schema },
    read(value, path, report) {
      if (typeof value !== "string") return report(path, `expected ${name}, not ${shown(value)}`);
      try {
        return parse(value);
      } catch (error) {
        return report(path, (error as Error).message);
      }
    },
  };
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" && value !== null ? "an object" : JSON.stringify(value);
}

/** `a`, `a or b`, `a, b or c`. */
function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? "nothing";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} or ${last}`;
}
