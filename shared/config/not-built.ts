/**
 * Settings that are checked and that have no effect yet. Each is accepted at its default and refused at any other value,
 * because a setting without an effect would be a bug. Building one means deleting its line.
 */
import type { Draft } from './draft.ts';
import type { Key, RawIssue } from './issues.ts';

interface NotBuilt {
  /** Where the setting is; `*` is any name or number. */
  readonly at: readonly string[];
  readonly isAccepted: (value: unknown) => boolean;
  /** What to write instead. */
  readonly instead: string;
}

const never = () => false;
/** Accepted at its default alone. */
const only = (standard: unknown) => (value: unknown) => value === standard;

const ownForm = "Use the origin's own form: login: { page: '/login' }.";

const notBuilt: readonly NotBuilt[] = [
  { at: ['login', 'issuer'], isAccepted: never, instead: ownForm },
  { at: ['login', 'providers'], isAccepted: never, instead: ownForm },
  { at: ['session', 'binding', 'device'], isAccepted: only('off'), instead: "Write 'off', or take it away." },
  { at: ['pools', '*', 'address'], isAccepted: only('forwarded'), instead: "Write 'forwarded', or take it away." },
  { at: ['pools', '*', 'origins', '*', 'route'], isAccepted: never, instead: 'Take it away.' },
  {
    at: ['pools', '*', 'affinity', 'name'],
    isAccepted: (name) => !Array.isArray(name) || name.length === 1,
    instead: "Name one cookie: name: 'JSESSIONID'.",
  },
  {
    at: ['pools', '*', 'affinity', 'endsWithSession'],
    isAccepted: only(true),
    instead: 'Write true, or take it away.',
  },
  { at: ['routes', '*', 'device'], isAccepted: only(false), instead: 'Write false, or take it away.' },
  { at: ['status', 'operate'], isAccepted: never, instead: 'Take it away: the service API changes origins.' },
];

export function checkBuilt(draft: Draft): RawIssue[] {
  return notBuilt.flatMap(({ at, isAccepted, instead }) =>
    valuesAt(draft, at).flatMap(({ keys, value }) =>
      isAccepted(value) ? [] : [{ keys, value, message: 'is not built yet at this value', remedy: instead }],
    ),
  );
}

/** Every given value at a pattern. */
function valuesAt(
  value: unknown,
  [key, ...rest]: readonly string[],
  keys: readonly Key[] = [],
): { keys: readonly Key[]; value: unknown }[] {
  if (key === undefined) return value === undefined ? [] : [{ keys, value }];
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item, i) => valuesAt(item, rest, [...keys, i]));
  return Object.entries(value).flatMap(([name, part]) =>
    key === '*' || key === name ? valuesAt(part, rest, [...keys, name]) : [],
  );
}
