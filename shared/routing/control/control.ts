/**
 * The control document: a shared document (`document.ts`) that controls origins at run time. It overrides the
 * configuration file; where it says nothing, or is missing or unreadable, the file holds.
 */
import type { Origin, Pool } from '../../config/settings.ts';
import type { Kept, SharedDocument } from '../../document/document.ts';
import { isCount, isJsonObject } from '../../http/json.ts';

export type Control = SharedDocument;

export interface ControlDocument {
  readonly revision: number;
  /** By `<pool>/<origin>`. */
  readonly origins: Readonly<Record<string, OriginControl>>;
}

/** For one origin. Times: milliseconds since the epoch. */
export interface OriginControl {
  readonly state?: Origin['state'];
  readonly weight?: number;
  readonly drainBy?: number;
  /** The part of its clients, from 0 to 1, that it must not serve any more. */
  readonly shed?: number;
  /** The revision of the document in which an operator last changed one of the above; 0: never. */
  readonly changedIn?: number;
  /** When it was taken back into service: `slowStart` begins here. */
  readonly backSince?: number;
  /** What probes have found; absent while they succeed. */
  readonly probed?: Probed;
}

export interface Probed {
  readonly down: boolean;
  /** Probes in a row that found the opposite. */
  readonly streak: number;
}

export const emptyDocument: ControlDocument = { revision: 0, origins: {} };

/** No id contains a slash. */
export const controlKey = (pool: string, origin: string): string => `${pool}/${origin}`;

export const controlOf = ({ origins }: ControlDocument, pool: string, origin: string): OriginControl =>
  Object.hasOwn(origins, controlKey(pool, origin)) ? (origins[controlKey(pool, origin)] as OriginControl) : {};

/** Invalid entries and members are left out, so that a damaged document controls less and breaks nothing. */
export function readDocument({ revision, text }: Kept): ControlDocument {
  let value: unknown;
  try {
    value = JSON.parse(text ?? '{}');
  } catch {
    return { revision, origins: {} };
  }
  const entries = isJsonObject(value) && isJsonObject(value.origins) ? Object.entries(value.origins) : [];
  return {
    revision,
    origins: Object.fromEntries(
      entries.flatMap(([key, entry]) => (isJsonObject(entry) ? [[key, readEntry(entry)]] : [])),
    ),
  };
}

export const writeDocument = ({ origins }: ControlDocument): string => JSON.stringify({ origins });

function readEntry({ state, weight, drainBy, shed, changedIn, backSince, probed }: Record<string, unknown>) {
  return {
    ...(isState(state) && { state }),
    ...(isWeight(weight) && { weight }),
    ...(isCount(drainBy) && { drainBy }),
    ...(isShare(shed) && { shed }),
    ...(isCount(changedIn) && { changedIn }),
    ...(isCount(backSince) && { backSince }),
    ...(isJsonObject(probed) &&
      typeof probed.down === 'boolean' &&
      isCount(probed.streak) && { probed: { down: probed.down, streak: probed.streak } }),
  } satisfies OriginControl;
}

/** As in the configuration file. */
const maxWeight = 1_000_000;

export const isState = (value: unknown): value is Origin['state'] =>
  value === 'active' || value === 'draining' || value === 'off';
export const isWeight = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value <= maxWeight;
export const isShare = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= 1;

/** The pools as they are used now. A pool that is not controlled is the same object, so that caches for it stay valid. */
export function applyControl(pools: ReadonlyMap<string, Pool>, document: ControlDocument): ReadonlyMap<string, Pool> {
  return new Map([...pools].map(([id, pool]) => [id, controlled(pool, document)]));
}

function controlled(pool: Pool, document: ControlDocument): Pool {
  const origins = pool.origins.map((origin) => controlledOrigin(origin, controlOf(document, pool.id, origin.id)));
  return origins.every((origin, i) => origin === pool.origins[i]) ? pool : { ...pool, origins };
}

/** The end of a drain that the file declares does not apply to one that is declared here. */
export function controlledOrigin(origin: Origin, { state, weight, drainBy }: OriginControl): Origin {
  if (state === undefined && weight === undefined && drainBy === undefined) return origin;
  return {
    ...origin,
    state: state ?? origin.state,
    weight: weight ?? origin.weight,
    drainBy: drainBy ?? (state === undefined ? origin.drainBy : null),
  };
}
