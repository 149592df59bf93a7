/** Lengths of time, in milliseconds like instants: add one to an instant. */

export type Span = number;

export const SECOND: Span = 1_000;
export const MINUTE: Span = 60 * SECOND;
export const HOUR: Span = 60 * MINUTE;
/** Elapsed time: 24 hours, whatever the clocks on the walls do. */
export const DAY: Span = 24 * HOUR;

const UNITS: { readonly [unit: string]: Span } = { ms: 1, s: SECOND, m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY };

/** `"90s"`, `"5m"`, `"1h30m"`, `"2d"` or `"0"`. Throws an Error that says what is wrong. */
export function parseSpan(text: string): Span {
  if (text === "0") return 0;
  if (!/^([0-9]+(ms|s|m|h|d|w))+$/.test(text)) {
    throw new Error('expected a length of time such as "90s", "5m", "1h30m" or "2d"');
  }
  let span = 0;
  for (const [, number, unit] of text.matchAll(/([0-9]+)([a-z]+)/g)) span += Number(number) * UNITS[unit!]!;
  if (span > 10 * 366 * DAY) throw new Error("is longer than ten years");
  return span;
}
