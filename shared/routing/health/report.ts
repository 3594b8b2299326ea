/**
 * What the tries of one request say of their origins' health, and the probe of an origin that has become suspect.
 *
 * The probe belongs to the request that began it: what others learn of it are values in `health.ts`. It runs beside
 * whatever that request does next, and holds its reply for a moment at most.
 */
import type { Origin, Pool, Settings } from '../../config/settings.ts';
import type { Arrival, Platform } from '../../platform.ts';
import { clientKeyOf } from '../pins/client-key.ts';
import type { Candidate } from '../placement/choose.ts';
import { askOrigin, type ProbeRequest } from './ask-origin.ts';
import type { Health } from './passive.ts';

/**
 * - `listed`: it gave one of the pool's `retry.statuses`. That is its failure, unless another origin gives the same status
 *   for the same request: then it was the page.
 * - `nothing`: any other 5xx is the page's. It is no failure, and does not end a row of them either.
 */
export type OriginResult = 'served' | 'failed' | 'timed-out' | 'listed' | 'nothing';

export interface HealthReport {
  /** `status`: of its reply, if it gave one. */
  record(candidate: Candidate, says: OriginResult, status: number | null): void;
  /** This origin is about to time out. If that would make it suspect, a probe begins now, to be there in time. */
  expectTimeout(candidate: Candidate): void;
  /** No more tries follow. */
  close(): void;
}

/** Who asks, and when. */
export interface Observer {
  readonly address: string | null;
  /** From the platform's clock to that of this request. */
  readonly clockMs: number;
  readonly arrival: Pick<Arrival, 'defer'>;
}

export interface HealthReports {
  begin(witness: Observer): HealthReport;
}

interface Parts {
  readonly health: Health;
  readonly platform: Platform;
  readonly settings: Pick<Settings, 'publicOrigins' | 'namedProbes'>;
}

/** A Lambda keeps a reply back for a probe no longer than a client would notice. */
const mostHeldMs = 100;

export const createHealthReports = (parts: Parts): HealthReports => ({
  begin: (witness) => new OneReport(parts, witness),
});

interface Listed {
  readonly candidate: Candidate;
  readonly status: number;
}

/** A class, because every request makes one. */
class OneReport implements HealthReport {
  readonly #parts: Parts;
  readonly #witness: Observer;
  #listed: readonly Listed[] = noneListed;
  /** Probes of this request's, and whether their origins are alive; `null`: cannot be told. */
  #probes: Map<Origin, Promise<boolean | null>> | null = null;

  constructor(parts: Parts, witness: Observer) {
    this.#parts = parts;
    this.#witness = witness;
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
      const isThePages = this.#listed.some((other) => other.candidate !== candidate && other.status === status);
      if (!isThePages) this.#failed(candidate, false);
    }
    this.#listed = noneListed;
  }

  #now(): number {
    return this.#parts.platform.now() + this.#witness.clockMs;
  }

  #failed({ pool, origin }: Candidate, isTimeout: boolean): void {
    const network = clientKeyOf({ sessionId: null, address: this.#witness.address });
    const now = this.#now();
    const noted = this.#parts.health.failed(pool, origin, { network, isTimeout }, now);
    if (noted.kind === 'ejected') this.#tell(pool, origin, 'networks', now, noted.until);
    if (noted.kind === 'suspect') this.#probe(pool, origin);
  }

  /** The origin's own one, or the one that was begun before it was suspect. */
  #probe(pool: Pool, origin: Origin): void {
    const { health } = this.#parts;
    const begun = this.#probes?.get(origin);
    if (begun === undefined && !health.claimProbe(pool, origin, this.#now())) return;
    const probe = begun ?? isAlive(pool, origin, this.#parts);
    this.#probes ??= new Map();
    this.#probes.set(origin, probe);
    const judging = probe.then((alive) => {
      const now = this.#now();
      const until = alive === null ? null : health.probed(pool, origin, alive, now);
      if (until !== null) this.#tell(pool, origin, 'probe', now, until);
    });
    this.#witness.arrival.defer(judging, mostHeldMs);
  }

  #tell(pool: Pool, origin: Origin, by: 'networks' | 'probe', at: number, until: number): void {
    const [from, to] = [at, until].map((time) => new Date(time).toISOString());
    const line = { event: 'origin-ejected', at: from, pool: pool.id, origin: origin.id, until: to, confirmed_by: by };
    this.#parts.platform.log(line);
  }
}

const noneListed: readonly Listed[] = [];

/** Of a HEAD: an origin that does not know the method is there all the same (RFC 9110, section 15.6.2). */
const notImplemented = 501;

/**
 * By the path that the configuration names for probes, else by the root. "I cannot serve" is a 5xx or no answer: nobody can
 * tell from any other status that something is wrong.
 */
async function isAlive(pool: Pool, origin: Origin, parts: Parts): Promise<boolean | null> {
  const isNamed = parts.settings.namedProbes.includes(pool.id);
  const question: ProbeRequest = isNamed
    ? { method: 'GET', path: pool.health.probe.path }
    : { method: 'HEAD', path: '/' };
  const answer = await askOrigin(pool, origin, question, parts);
  if (answer.kind === 'late') return null;
  if (answer.kind === 'silent') return false;
  return answer.status < 500 || (!isNamed && answer.status === notImplemented);
}
