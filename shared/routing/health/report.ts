/**
 * Reports what one request says of the health of the origins it was sent to, and probes an origin that becomes suspect.
 *
 * A probe belongs to the request that began it; other requests only see its result in `passive.ts`. It runs beside what
 * that request does next, and delays the reply by no more than `maxDelayMs`.
 */

import type { Origin, Pool, Settings } from '../../config/settings.ts';
import { logEvent } from '../../log/events.ts';
import type { Arrival, Platform } from '../../platform.ts';
import { clientKeyOf } from '../pins/client-key.ts';
import type { Candidate } from '../placement/types.ts';
import { askOrigin, type ProbeRequest } from './ask-origin.ts';
import type { Health } from './passive.ts';

/**
 * - `listed`: one of the pool's `retry.statuses`. A failure of the origin, unless another origin gives the same status for
 *   the same request: then it is the page's.
 * - `nothing`: any other 5xx is the page's. It is no failure, and does not interrupt a series of failures either.
 */
export type OriginResult = 'served' | 'failed' | 'timed-out' | 'listed' | 'nothing';

export interface HealthReport {
  /** `status`: of the reply, if there was one. */
  record(candidate: Candidate, says: OriginResult, status: number | null): void;
  /** This origin is about to time out. If that would make it suspect, a probe begins now, so that it ends in time. */
  expectTimeout(candidate: Candidate): void;
  /** No more tries follow. */
  close(): void;
}

/** Whose request it is, and when it came. */
export interface Observer {
  readonly address: string | null;
  /** This request's clock minus the platform's. */
  readonly clockMs: number;
  readonly arrival: Pick<Arrival, 'defer'>;
}

export interface HealthReports {
  begin(observer: Observer): HealthReport;
}

interface Parts {
  readonly health: Health;
  readonly platform: Platform;
  readonly settings: Pick<Settings, 'publicOrigins' | 'namedProbes'>;
}

/** A Lambda function delays a reply for a probe by no more than a client would notice. */
const maxDelayMs = 100;

export const createHealthReports = (parts: Parts): HealthReports => ({
  begin: (observer) => new OneReport(parts, observer),
});

interface Listed {
  readonly candidate: Candidate;
  readonly status: number;
}

/** One instance per request. */
class OneReport implements HealthReport {
  readonly #parts: Parts;
  readonly #observer: Observer;
  #listed: readonly Listed[] = noneListed;
  /** The probes that this request began: whether the origin is alive; `null`: unknown. */
  #probes: Map<Origin, Promise<boolean | null>> | null = null;

  constructor(parts: Parts, observer: Observer) {
    this.#parts = parts;
    this.#observer = observer;
  }

  record(candidate: Candidate, says: OriginResult, status: number | null): void {
    const { health } = this.#parts;
    if (says === 'served') {
      if (!health.isAllClear()) health.succeeded(candidate.pool, candidate.origin, this.#now());
    } else if (says === 'listed') {
      this.#listed = [...this.#listed, { candidate, status: status as number }];
      this.expectTimeout(candidate);
    } else if (says !== 'nothing') this.#failed(candidate, says === 'timed-out');
  }

  expectTimeout({ pool, origin }: Candidate): void {
    if (this.#parts.health.isOneFailureShort(pool, origin, this.#now())) this.#probe(pool, origin);
  }

  close(): void {
    for (const { candidate, status } of this.#listed) {
      const isOfThePage = this.#listed.some((other) => other.candidate !== candidate && other.status === status);
      if (!isOfThePage) this.#failed(candidate, false);
    }
    this.#listed = noneListed;
  }

  #now(): number {
    return this.#parts.platform.now() + this.#observer.clockMs;
  }

  #failed({ pool, origin }: Candidate, isTimeout: boolean): void {
    const network = clientKeyOf({ sessionId: null, address: this.#observer.address });
    const now = this.#now();
    const outcome = this.#parts.health.failed(pool, origin, { network, isTimeout }, now);
    if (outcome.kind === 'ejected') this.#logEjection(pool, origin, 'networks', now, outcome.until);
    if (outcome.kind === 'suspect') this.#probe(pool, origin);
  }

  /** Begins a probe, or uses the one that was begun before the origin became suspect. */
  #probe(pool: Pool, origin: Origin): void {
    const { health } = this.#parts;
    const begun = this.#probes?.get(origin);
    if (begun === undefined && !health.claimProbe(pool, origin, this.#now())) return;
    const probe = begun ?? isAlive(pool, origin, this.#parts);
    this.#probes ??= new Map();
    this.#probes.set(origin, probe);
    const judged = probe.then((alive) => {
      const now = this.#now();
      const until = alive === null ? null : health.probed(pool, origin, alive, now);
      if (until !== null) this.#logEjection(pool, origin, 'probe', now, until);
    });
    this.#observer.arrival.defer(judged, maxDelayMs);
  }

  #logEjection(pool: Pool, origin: Origin, by: 'networks' | 'probe', at: number, until: number): void {
    const fields = { pool: pool.id, origin: origin.id, until: new Date(until).toISOString(), confirmed_by: by };
    logEvent(this.#parts.platform, 'origin-ejected', fields, at);
  }
}

const noneListed: readonly Listed[] = [];

/** An origin that does not know HEAD is alive (RFC 9110, section 15.6.2). */
const notImplemented = 501;

/** Asks for the path that the configuration names for probes, else for the root. A 5xx or no reply means that it is not. */
async function isAlive(pool: Pool, origin: Origin, parts: Parts): Promise<boolean | null> {
  const isNamed = parts.settings.namedProbes.includes(pool.id);
  const request: ProbeRequest = isNamed
    ? { method: 'GET', path: pool.health.probe.path }
    : { method: 'HEAD', path: '/' };
  const answer = await askOrigin(pool, origin, request, parts);
  if (answer.kind === 'late') return null;
  if (answer.kind === 'silent') return false;
  return answer.status < 500 || (!isNamed && answer.status === notImplemented);
}
