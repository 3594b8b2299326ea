/** Asks every origin how it is, once a minute, and writes what follows from it into the control document. */
import type { Origin, Pool, Settings } from '../../config/settings.ts';
import type { Platform } from '../../platform.ts';
import type { ControlCache } from '../control/cache.ts';
import { rewrite } from '../control/change.ts';
import { applyControl, type Control, readDocument } from '../control/control.ts';
import { askOrigin } from './ask-origin.ts';
import { afterProbes, type HealthChange, type ProbeResult } from './probe.ts';

/** A Worker has six connections for a request. */
const atOnce = 6;
/** The next minute's turn must find this one done, and a function ends after 30 s. Who was not asked by then is left as it is. */
const wholeMs = 25_000;
/** "I cannot serve" is a 5xx or no answer. A 404 is given by an application that has no such page, and it is alive. */
const leastBadStatus = 500;

export interface ProbingParts {
  readonly settings: Settings;
  readonly platform: Platform;
  readonly control: Control;
  readonly view: ControlCache;
}

export async function probeOrigins({ settings, platform, control, view }: ProbingParts): Promise<void> {
  const startedAt = platform.now();
  const document = readDocument(await control.read());
  const wanted = [...applyControl(settings.pools, document).values()].flatMap((pool) =>
    pool.origins.filter(({ state }) => state !== 'off').map((origin) => ({ pool, origin })),
  );
  const results: ProbeResult[] = [];
  const asking = wanted.values();
  const askInTurn = async (): Promise<void> => {
    for (const { pool, origin } of asking) {
      if (platform.now() - startedAt >= wholeMs) return;
      results.push({ pool, origin, isGood: await isGood(pool, origin, settings, platform) });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, askInTurn));

  let turned: readonly HealthChange[] = [];
  const now = platform.now();
  const written = await rewrite(control, (before) => {
    const after = afterProbes(before, results, now);
    turned = after.turned;
    return after.document;
  });
  view.adopt(written, now);
  const at = new Date(now).toISOString();
  for (const { pool, origin, to } of turned) platform.log({ event: `origin-${to}`, at, pool, origin });
}

async function isGood(pool: Pool, origin: Origin, settings: Settings, platform: Platform): Promise<boolean> {
  const { path } = pool.health.probe;
  const answer = await askOrigin(pool, origin, { method: 'GET', path }, { settings, platform });
  return answer.kind === 'status' && answer.status < leastBadStatus;
}
