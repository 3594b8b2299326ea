/**
 * A pin behind an application's own value, as one text: `<value>~<pin>`. Sealed pins hold no `~`, so the last one is the
 * boundary, whatever the value holds, and a value that another gateway has wrapped before is one like any other.
 */
import type { Sealed } from './carrier.ts';

const boundary = '~';

export const wrapped = (value: string, pin: string): string => value + boundary + pin;

/** Whether a value may be complete here, and what comes behind a comma is another cookie of another line. */
export const endsInPin = (value: string): boolean => pinBehind.test(value.slice(-longestTail));
const longestTail = 1_024;
const pinBehind = /~[A-Za-z0-9._-]{43,}$/;

/** `null` for what cannot be one of ours. Whether it is one, only opening the pin can tell. */
export function unwrapped(text: string): (Sealed & { readonly value: string }) | null {
  const at = text.lastIndexOf(boundary);
  return at < 1 ? null : { value: text.slice(0, at), text: text.slice(at + boundary.length) };
}
