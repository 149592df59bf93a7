/** Settings: read by name, with every problem of them noted, each with its path. */

import { NEVER } from "./abi";
import { Problem } from "./decision";
import { Json, Kind, Parser } from "./json";
import { Target } from "./target";
import { parseSpan, SPAN_MAX } from "./time";

/** One place in the settings. It may be missing, which is a problem unless a default is given. */
export class Setting {
  private constructor(
    private readonly value: Json | null,
    private readonly path: string,
    readonly problems: Problem[],
  ) {}

  static parse(text: string): Setting {
    const parser = new Parser(text);
    const setting = new Setting(parser.document(), "", []);
    if (parser.problem.length > 0) setting.problem(parser.problem);
    return setting;
  }

  /** Notes what is wrong with this setting. */
  problem(message: string): void {
    this.problems.push(new Problem(this.path, message));
  }

  isGiven(): bool {
    return this.value !== null;
  }

  /** A problem unless it is missing, or an object with no other names than these. */
  only(names: string[]): Setting {
    const value = this.value;
    if (value === null || !this.is(value, Kind.Object, "an object")) return this;
    for (let i = 0; i < value.names.length; i++) {
      const name = value.names[i];
      if (!names.includes(name)) this.get(name).problem(`unknown field "${name}", expected ${listed(names)}`);
    }
    return this;
  }

  get(name: string): Setting {
    const value = this.value;
    const path = this.path.length == 0 ? name : `${this.path}.${name}`;
    return new Setting(value === null ? null : value.get(name), path, this.problems);
  }

  /** The elements of a list; none if it is missing. */
  list(): Setting[] {
    const elements = new Array<Setting>();
    const value = this.value;
    if (value === null || !this.is(value, Kind.List, "a list")) return elements;
    for (let i = 0; i < value.values.length; i++) {
      elements.push(new Setting(value.values[i], `${this.path}[${i}]`, this.problems));
    }
    return elements;
  }

  string(missing: string | null = null): string {
    const value = this.value;
    if (value !== null) return this.is(value, Kind.String, "a string") ? value.text : "";
    if (missing === null) this.problem("is missing");
    return missing === null ? "" : missing;
  }

  /** NaN stands for: there is no default. */
  number(missing: f64 = NaN): f64 {
    const value = this.value;
    if (value !== null) return this.is(value, Kind.Number, "a number") ? value.number : 0;
    if (isNaN(missing)) this.problem("is missing");
    return missing;
  }

  boolean(missing: bool = false): bool {
    const value = this.value;
    if (value === null) return missing;
    return this.is(value, Kind.Boolean, "true or false") && value.boolean;
  }

  /** In milliseconds, written as `"90s"`, `"5m"`, `"1h30m"`, `"2d"` or `"0"`. NEVER stands for: there is no default. */
  span(missing: u64 = NEVER): u64 {
    const value = this.value;
    if (value === null && missing == NEVER) this.problem("is missing");
    if (value === null || !this.is(value, Kind.String, "a length of time")) return missing;
    const span = parseSpan(value.text);
    if (span == NEVER) this.problem('expected a length of time such as "90s", "5m", "1h30m" or "2d"');
    else if (span > SPAN_MAX) this.problem("is longer than ten years");
    return span;
  }

  target(missing: Target | null = null): Target {
    const value = this.value;
    const none = missing === null ? Target.receiver("") : missing;
    if (value === null && missing === null) this.problem("is missing");
    if (value === null || !this.is(value, Kind.String, "a target")) return none;
    const target = Target.parse(value.text);
    if (target !== null) return target;
    this.problem(Target.problemOf(value.text));
    return none;
  }

  /** Written as one target or as a list of at least one. */
  targets(missing: Target[] | null = null): Target[] {
    const value = this.value;
    if (value === null && missing !== null) return missing;
    if (value === null || value.kind != Kind.List) return [this.target()];
    const targets = new Array<Target>();
    const elements = this.list();
    if (elements.length == 0) this.problem("needs at least one");
    for (let i = 0; i < elements.length; i++) targets.push(elements[i].target());
    return targets;
  }

  private is(value: Json, kind: Kind, name: string): bool {
    if (value.kind == kind) return true;
    this.problem(`expected ${name}, not ${value.toString()}`);
    return false;
  }
}

/** `a`, `a or b`, `a, b or c`. */
function listed(names: string[]): string {
  const last = names.length - 1;
  return last < 1 ? names.join("") : `${names.slice(0, last).join(", ")} or ${names[last]}`;
}
