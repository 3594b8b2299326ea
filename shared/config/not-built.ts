/**
 * Settings that are read and understood, and that nothing acts on yet. Each is accepted at its default and refused at
 * any other value, because a setting that does nothing is a bug. Building one means deleting its line.
 */
import { defaults } from './defaults.ts';
import type { Draft } from './draft.ts';
import { parseDuration } from './durations.ts';
import type { Finding, Key } from './problems.ts';

interface NotBuilt {
  /** Where the setting stands; `*` is any name or number. */
  readonly at: readonly string[];
  readonly isFine: (value: unknown, draft: Draft) => boolean;
  /** What to write instead. */
  readonly instead: string;
}

const { session } = defaults;
const never = () => false;
const anyOf =
  (...accepted: readonly unknown[]) =>
  (value: unknown) =>
    accepted.includes(value);

const notBuilt: readonly NotBuilt[] = [
  { at: ['session', 'store'], isFine: (v) => v !== 'redis', instead: "Use 'dynamodb'." },
  { at: ['session', 'store', '*'], isFine: (v) => v !== 'redis', instead: "Use 'dynamodb'." },
  {
    at: ['session', 'store'],
    isFine: (_, draft) => draft.session?.strategy !== 'token',
    instead: 'Take store away: tokens work without one.',
  },
  { at: ['session', 'anonymous'], isFine: anyOf(false), instead: 'Write false.' },
  { at: ['session', 'binding'], isFine: like(session.binding), instead: 'Leave it out for the default.' },
  { at: ['session', 'limit'], isFine: like(session.limit), instead: 'Leave it out for the default.' },
  { at: ['session', 'rotate'], isFine: like(session.rotate), instead: 'Leave it out for the default.' },
  { at: ['pools', '*', 'affinity', 'by'], isFine: anyOf('cookie', 'off'), instead: "Use 'cookie' or 'off'." },
  { at: ['pools', '*', 'affinity', 'onFailure'], isFine: anyOf('repin'), instead: "Write 'repin'." },
  { at: ['pools', '*', 'health', 'slowStart'], isFine: (v) => parseDuration(String(v)) === 0, instead: "Write '0s'." },
  { at: ['pools', '*', 'sockets'], isFine: anyOf('pass', 'off'), instead: "Use 'pass' or 'off'." },
  { at: ['routes', '*', 'sockets'], isFine: anyOf('pass', 'off'), instead: "Use 'pass' or 'off'." },
  { at: ['login', 'issuer'], isFine: never, instead: "Use the origin's own form: login: { page: '/login' }." },
];

/** Only says what the default says anyway. `60m` is `1h`. */
function like(standard: Readonly<Record<string, unknown>>): (value: unknown) => boolean {
  const plain = (value: unknown) => (typeof value === 'string' ? (parseDuration(value) ?? value) : value);
  return (given) =>
    Object.entries(given as object).every(
      ([key, value]) => value === undefined || plain(value) === plain(standard[key]),
    );
}

export function checkBuilt(draft: Draft): Finding[] {
  return notBuilt.flatMap(({ at, isFine, instead }) =>
    found(draft, at).flatMap(({ keys, value }) =>
      isFine(value, draft) ? [] : [{ keys, value, message: 'is not built yet at this value', remedy: instead }],
    ),
  );
}

/** Every given value at a pattern. */
function found(
  value: unknown,
  [key, ...rest]: readonly string[],
  keys: readonly Key[] = [],
): { keys: readonly Key[]; value: unknown }[] {
  if (key === undefined) return value === undefined ? [] : [{ keys, value }];
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item, i) => found(item, rest, [...keys, i]));
  return Object.entries(value).flatMap(([name, part]) =>
    key === '*' || key === name ? found(part, rest, [...keys, name]) : [],
  );
}
