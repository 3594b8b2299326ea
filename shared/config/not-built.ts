/**
 * Settings that are read and understood, and that nothing acts on yet. Each is accepted at its default and refused at
 * any other value, because a setting that does nothing is a bug. Building one means deleting its line.
 */
import { defaults } from './defaults.ts';
import type { Draft } from './draft.ts';
import type { Key, RawIssue } from './issues.ts';

interface NotBuilt {
  /** Where the setting stands; `*` is any name or number. */
  readonly at: readonly string[];
  readonly isFine: (value: unknown, draft: Draft) => boolean;
  /** What to write instead. */
  readonly instead: string;
}

const never = () => false;

/** Accepted at its default alone. */
const only =
  (standard: unknown): NotBuilt['isFine'] =>
  (value) =>
    value === standard;

const ownForm = "Use the origin's own form: login: { page: '/login' }.";

const notBuilt: readonly NotBuilt[] = [
  { at: ['login', 'issuer'], isFine: never, instead: ownForm },
  { at: ['login', 'providers'], isFine: never, instead: ownForm },
  {
    at: ['session', 'binding', 'device'],
    isFine: only(defaults.session.binding.device),
    instead: "Write 'off', or take it away.",
  },
  { at: ['session', 'jurisdiction'], isFine: never, instead: 'Take it away.' },
  {
    at: ['pools', '*', 'address'],
    isFine: only(defaults.pool.address),
    instead: "Write 'forwarded', or take it away.",
  },
  { at: ['pools', '*', 'origins', '*', 'route'], isFine: never, instead: 'Take it away.' },
  {
    at: ['pools', '*', 'affinity', 'name'],
    isFine: (name) => !Array.isArray(name) || name.length === 1,
    instead: "Name one cookie: name: 'JSESSIONID'.",
  },
  {
    at: ['pools', '*', 'affinity', 'endsWithSession'],
    isFine: only(defaults.pool.affinity.endsWithSession),
    instead: 'Write true, or take it away.',
  },
  { at: ['routes', '*', 'device'], isFine: only(defaults.route.device), instead: 'Write false, or take it away.' },
  { at: ['status', 'operate'], isFine: never, instead: 'Take it away: the service API changes origins.' },
];

export function checkBuilt(draft: Draft): RawIssue[] {
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
