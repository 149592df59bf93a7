/** Lengths of time, in milliseconds like instants: add one to an instant. */

import { NEVER } from "./abi";

export const SECOND: u64 = 1000;
export const MINUTE: u64 = 60 * SECOND;
export const HOUR: u64 = 60 * MINUTE;
/** Elapsed time: 24 hours, whatever the clocks on the walls do. */
export const DAY: u64 = 24 * HOUR;
/** Longer is a typing error. */
export const SPAN_MAX: u64 = 10 * 366 * DAY;

const UNITS: string[] = ["ms", "s", "m", "h", "d", "w"];
const LENGTHS: u64[] = [1, SECOND, MINUTE, HOUR, DAY, 7 * DAY];

/** `"90s"`, `"5m"`, `"1h30m"`, `"2d"` or `"0"`. NEVER if it is no length of time. */
export function parseSpan(text: string): u64 {
  if (text == "0") return 0;
  if (text.length == 0) return NEVER;
  let span: u64 = 0;
  for (let at = 0; at < text.length; ) {
    const digits = at;
    while (at < text.length && isDigit(text.charCodeAt(at))) at++;
    const letters = at;
    while (at < text.length && !isDigit(text.charCodeAt(at))) at++;
    const unit = UNITS.indexOf(text.substring(letters, at));
    if (letters == digits || unit < 0) return NEVER;
    // No more digits than ten years of milliseconds have, so that nothing overflows.
    const number = letters - digits > 12 ? SPAN_MAX : U64.parseInt(text.substring(digits, letters));
    span = min(SPAN_MAX + 1, span + min(SPAN_MAX + 1, number * LENGTHS[unit]));
  }
  return span;
}

function isDigit(code: i32): bool {
  return code >= 0x30 && code <= 0x39;
}
