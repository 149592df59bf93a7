/** JSON documents, read. The settings arrive as one. */

export enum Kind {
  Null,
  Boolean,
  Number,
  String,
  List,
  Object,
}

export class Json {
  boolean: bool = false;
  number: f64 = 0;
  text: string = "";
  /** Of a list or an object. */
  values: Json[] = [];
  /** Of an object, in the order of `values`. */
  names: string[] = [];

  constructor(readonly kind: Kind) {}

  get(name: string): Json | null {
    // The last of several with one name counts, as in JavaScript.
    const index = this.names.lastIndexOf(name);
    return index < 0 ? null : this.values[index];
  }

  /** For messages: a scalar as it is, and of others what they are. */
  toString(): string {
    switch (this.kind) {
      case Kind.Null:
        return "null";
      case Kind.Boolean:
        return this.boolean ? "true" : "false";
      case Kind.Number:
        return this.text;
      case Kind.String:
        return `"${this.text}"`;
      case Kind.List:
        return "a list";
      default:
        return "an object";
    }
  }
}

/** Reads one document. */
export class Parser {
  private static readonly DEPTH_MAX: i32 = 64;
  /** Empty as long as all is well. */
  problem: string = "";
  private at: i32 = 0;

  constructor(private readonly text: string) {}

  /** The whole text; of no use if there is a `problem`. */
  document(): Json {
    const value = this.value(0);
    if (this.peek() >= 0) this.fail();
    return value;
  }

  /** Notes the first problem and goes to the end, so that every loop ends. */
  private fail(): Json {
    if (this.problem.length == 0) {
      const ended = this.at >= this.text.length;
      this.problem = ended ? "it is cut short" : `it is not JSON at character ${this.at + 1}`;
    }
    this.at = this.text.length;
    return new Json(Kind.Null);
  }

  /** The next character that is no space, or -1 at the end. */
  private peek(): i32 {
    for (; this.at < this.text.length; this.at++) {
      const code = this.text.charCodeAt(this.at);
      if (code != 0x20 && code != 0x0a && code != 0x0d && code != 0x09) return code;
    }
    return -1;
  }

  private takes(code: i32): bool {
    if (this.peek() != code) return false;
    this.at++;
    return true;
  }

  private value(depth: i32): Json {
    const code = this.peek();
    if (depth > Parser.DEPTH_MAX) {
      this.problem = `it is nested more than ${Parser.DEPTH_MAX} deep`;
      return this.fail();
    }
    if (code == 0x22) return this.string();
    if (code == 0x5b) return this.list(depth);
    if (code == 0x7b) return this.object(depth);
    if (code == 0x2d || isDigit(code)) return this.number();
    return this.word();
  }

  private word(): Json {
    const words = ["null", "false", "true"];
    for (let i = 0; i < words.length; i++) {
      if (!this.text.startsWith(words[i], this.at)) continue;
      this.at += words[i].length;
      const value = new Json(i == 0 ? Kind.Null : Kind.Boolean);
      value.boolean = i == 2;
      return value;
    }
    return this.fail();
  }

  private list(depth: i32): Json {
    const list = new Json(Kind.List);
    this.at++;
    if (this.takes(0x5d)) return list;
    do list.values.push(this.value(depth + 1));
    while (this.takes(0x2c));
    return this.takes(0x5d) ? list : this.fail();
  }

  private object(depth: i32): Json {
    const object = new Json(Kind.Object);
    this.at++;
    if (this.takes(0x7d)) return object;
    do {
      if (this.peek() != 0x22) return this.fail();
      object.names.push(this.string().text);
      if (!this.takes(0x3a)) return this.fail();
      object.values.push(this.value(depth + 1));
    } while (this.takes(0x2c));
    return this.takes(0x7d) ? object : this.fail();
  }

  private digits(): bool {
    const from = this.at;
    while (this.at < this.text.length && isDigit(this.text.charCodeAt(this.at))) this.at++;
    return this.at > from;
  }

  private skip(code: i32): bool {
    if (this.at >= this.text.length || this.text.charCodeAt(this.at) != code) return false;
    this.at++;
    return true;
  }

  private number(): Json {
    const from = this.at;
    this.skip(0x2d);
    if (!this.skip(0x30) && !this.digits()) return this.fail();
    if (this.skip(0x2e) && !this.digits()) return this.fail();
    if (this.skip(0x65) || this.skip(0x45)) {
      if (!this.skip(0x2b)) this.skip(0x2d);
      if (!this.digits()) return this.fail();
    }
    const number = new Json(Kind.Number);
    number.text = this.text.substring(from, this.at);
    number.number = parseFloat(number.text);
    return number;
  }

  private string(): Json {
    const string = new Json(Kind.String);
    let from = ++this.at;
    while (this.at < this.text.length) {
      const code = this.text.charCodeAt(this.at);
      if (code == 0x22) {
        string.text += this.text.substring(from, this.at++);
        return string;
      }
      if (code < 0x20) return this.fail();
      if (code != 0x5c) {
        this.at++;
        continue;
      }
      string.text += this.text.substring(from, this.at++) + this.escaped();
      from = this.at;
    }
    return this.fail();
  }

  /** What stands after a backslash. */
  private escaped(): string {
    const letter = this.text.charAt(this.at++);
    const index = '"\\/bfnrt'.indexOf(letter);
    if (letter.length > 0 && index >= 0) return '"\\/\b\f\n\r\t'.charAt(index);
    const digits = this.text.substr(this.at, 4);
    if (letter != "u" || digits.length < 4) return this.fail().text;
    let code: i32 = 0;
    for (let i = 0; i < 4; i++) {
      const digit = "0123456789abcdef".indexOf(digits.charAt(i).toLowerCase());
      if (digit < 0) return this.fail().text;
      code = code * 16 + digit;
    }
    this.at += 4;
    return String.fromCharCode(code);
  }
}

function isDigit(code: i32): bool {
  return code >= 0x30 && code <= 0x39;
}
