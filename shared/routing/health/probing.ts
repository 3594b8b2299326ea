/** Probes every origin, once a minute, and writes the result into the control document. */

import type { Origin, Pool, Settings } from '../../config/settings.ts';
import { logEvent } from '../../log/events.ts';
import type { Platform } from '../../platform.ts';
import type { ControlCache } from '../control/cache.ts';
import { rewrite } from '../control/change.ts';
import { applyControl, type Control, readDocument } from '../control/control.ts';
import { askOrigin } from './ask-origin.ts';
import { afterProbes, type HealthChange, type ProbeResult } from './probe.ts';

/** A Worker may have six connections open at a time. */
const maxConcurrent = 6;
/** One run has to end before the next, and a function ends after 30 s. Origins that were not probed by then stay as they are. */
const maxRunMs = 25_000;
/** A 5xx or no reply is a failed probe. An application that replies with 404 is alive. */
const minFailureStatus = 500;

export interface ProbingParts {
  readonly settings: Settings;
  readonly platform: Platform;
  readonly control: Control;
  readonly cache: ControlCache;
}

export async function probeOrigins({ settings, platform, control, cache }: ProbingParts): Promise<void> {
  const startedAt = platform.now();
  const document = readDocument(await control.read());
  const wanted = [...applyControl(settings.pools, document).values()].flatMap((pool) =>
    pool.origins.filter(({ state }) => state !== 'off').map((origin) => ({ pool, origin })),
  );
  const results: ProbeResult[] = [];
  const queue = wanted.values();
  const askNext = async (): Promise<void> => {
    for (const { pool, origin } of queue) {
      if (platform.now() - startedAt >= maxRunMs) return;
      results.push({ pool, origin, isGood: await isGood(pool, origin, settings, platform) });
    }
  };
  await Promise.all(Array.from({ length: maxConcurrent }, askNext));

  let changes: readonly HealthChange[] = [];
  const now = platform.now();
  const written = await rewrite(control, (before) => {
    const after = afterProbes(before, results, now);
    changes = after.changes;
    return after.document;
  });
  cache.adopt(written, now);
  for (const { pool, origin, to } of changes) logEvent(platform, `origin-${to}`, { pool, origin }, now);
}

async function isGood(pool: Pool, origin: Origin, settings: Settings, platform: Platform): Promise<boolean> {
  const { path } = pool.health.probe;
  const answer = await askOrigin(pool, origin, { method: 'GET', path }, { settings, platform });
  return answer.kind === 'status' && answer.status < minFailureStatus;
}
