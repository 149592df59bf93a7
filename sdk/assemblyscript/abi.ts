/**
 * The canonical ABI: how texts, lists and options lie in memory. Texts are UTF-16, as AssemblyScript's own are, so a
 * text is handed over as it is.
 *
 * Each call gets an instance of its own and nothing is ever freed: the runtime is `stub`, and there is no post-return.
 */

/** Stands where the contract has an instant that may be none. */
export const NEVER: u64 = u64.MAX_VALUE;

// @ts-ignore: decorator
@external("bellwire:policy/log@0.1.1", "log")
declare function hostLog(level: i32, message: usize, length: i32): void;

export enum Level {
  Debug,
  Info,
  Warn,
  Error,
}

/** For the author: at most 100 lines of 1 KiB a call are kept. */
export function log(level: Level, message: string): void {
  hostLog(level, changetype<usize>(message), message.length);
}

/** What a failed assertion ends in: the log says where it was. */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  log(Level.Error, `${file === null ? "?" : file}:${line}:${column}: ${message === null ? "aborted" : message}`);
  unreachable();
}

/** The host's way to make room for what it hands in. The allocator aligns to 16, more than anybody asks for. */
export function allocate(old: usize, _oldSize: usize, align: usize, size: usize): usize {
  if (size == 0) return align;
  return old == 0 ? heap.alloc(size) : heap.realloc(old, size);
}

/** Zeroed. */
export function room(size: usize): usize {
  const at = heap.alloc(size);
  memory.fill(at, 0, size);
  return at;
}

export function loadText(at: usize): string {
  return textAt(load<usize>(at), load<u32>(at, 4));
}

export function textAt(pointer: usize, length: u32): string {
  return String.UTF16.decodeUnsafe(pointer, length << 1);
}

/** An `option<instant>`. */
export function loadInstant(at: usize): u64 {
  return load<u8>(at) ? load<u64>(at, 8) : NEVER;
}

export function storeInstant(at: usize, instant: u64): void {
  if (instant == NEVER) return;
  store<u8>(at, 1);
  store<u64>(at, instant, 8);
}

export function storeText(at: usize, text: string): void {
  store<usize>(at, changetype<usize>(text));
  store<u32>(at, text.length, 4);
}

export function storeList(at: usize, elements: usize, length: i32): void {
  store<usize>(at, elements);
  store<u32>(at, length, 4);
}

export function storeTexts(at: usize, texts: string[]): void {
  const elements = room(8 * texts.length);
  for (let i = 0; i < texts.length; i++) storeText(elements + 8 * i, texts[i]);
  storeList(at, elements, texts.length);
}
