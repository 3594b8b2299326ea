/**
 * The control document: a shared document (`document.ts`) by which origins are controlled at run time, beside the
 * configuration file. What it does not say is as the file says. One that is missing or cannot be read says nothing.
 */
import type { Origin, Pool } from '../../config/settings.ts';
import type { Kept, SharedDocument } from '../../document/document.ts';

export type Control = SharedDocument;

export interface ControlDocument {
  readonly revision: number;
  /** By `<pool>/<origin>`. */
  readonly origins: Readonly<Record<string, OriginControl>>;
}

/** What is said of one origin. Times: milliseconds since the epoch. */
export interface OriginControl {
  readonly state?: Origin['state'];
  readonly weight?: number;
  readonly drainBy?: number;
  /** The slice of its clients, from 0 to 1, that it shall not serve any more. */
  readonly shed?: number;
  /** Of the document when somebody changed one of the above; 0: nobody has. */
  readonly changedIn?: number;
  /** When it was taken back into service: from here `slowStart` counts. */
  readonly backSince?: number;
  /** What probes have found; absent while all is well. */
  readonly probed?: Probed;
}

export interface Probed {
  readonly down: boolean;
  /** Probes in a row that spoke for the other side. */
  readonly streak: number;
}

export const emptyDocument: ControlDocument = { revision: 0, origins: {} };

/** Neither id can hold a slash. */
export const controlKey = (pool: string, origin: string): string => `${pool}/${origin}`;

export const controlOf = ({ origins }: ControlDocument, pool: string, origin: string): OriginControl =>
  Object.hasOwn(origins, controlKey(pool, origin)) ? (origins[controlKey(pool, origin)] as OriginControl) : {};

/** Reads with distrust: entries and members that make no sense are left out, so that a damaged document controls less and breaks nothing. */
export function readDocument({ revision, text }: Kept): ControlDocument {
  let value: unknown;
  try {
    value = JSON.parse(text ?? '{}');
  } catch {
    return { revision, origins: {} };
  }
  const entries = isObject(value) && isObject(value.origins) ? Object.entries(value.origins) : [];
  return {
    revision,
    origins: Object.fromEntries(entries.flatMap(([key, entry]) => (isObject(entry) ? [[key, readEntry(entry)]] : []))),
  };
}

export const writeDocument = ({ origins }: ControlDocument): string => JSON.stringify({ origins });

function readEntry({ state, weight, drainBy, shed, changedIn, backSince, probed }: Record<string, unknown>) {
  return {
    ...(isState(state) && { state }),
    ...(isWeight(weight) && { weight }),
    ...(isWhole(drainBy) && { drainBy }),
    ...(isShare(shed) && { shed }),
    ...(isWhole(changedIn) && { changedIn }),
    ...(isWhole(backSince) && { backSince }),
    ...(isObject(probed) &&
      typeof probed.down === 'boolean' &&
      isWhole(probed.streak) && { probed: { down: probed.down, streak: probed.streak } }),
  } satisfies OriginControl;
}

/** As the configuration file has it. */
const mostWeight = 1_000_000;

export const isState = (value: unknown): value is Origin['state'] =>
  value === 'active' || value === 'draining' || value === 'off';
export const isWeight = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value <= mostWeight;
export const isShare = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= 1;
const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The pools as they are to be used. A pool of which nothing is said is the very same object: what is known of it stays known. */
export function applyControl(pools: ReadonlyMap<string, Pool>, document: ControlDocument): ReadonlyMap<string, Pool> {
  return new Map([...pools].map(([id, pool]) => [id, controlled(pool, document)]));
}

function controlled(pool: Pool, document: ControlDocument): Pool {
  const origins = pool.origins.map((origin) => controlledOrigin(origin, controlOf(document, pool.id, origin.id)));
  return origins.every((origin, i) => origin === pool.origins[i]) ? pool : { ...pool, origins };
}

/** A drain that is said here does not end when the file's would. */
export function controlledOrigin(origin: Origin, { state, weight, drainBy }: OriginControl): Origin {
  if (state === undefined && weight === undefined && drainBy === undefined) return origin;
  return {
    ...origin,
    state: state ?? origin.state,
    weight: weight ?? origin.weight,
    drainBy: drainBy ?? (state === undefined ? origin.drainBy : null),
  };
}
