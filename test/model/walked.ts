/** Runs a scenario through every order, in a process whose crypto and pauses stand still meanwhile. */
import { afterAll, beforeAll, vi } from 'vitest';
import { minuteMs, sessionSettings, storedStrategy } from '../support/session-parts.ts';
import { beginModel, type Scenario } from './sessions-model.ts';
import { createStillCrypto } from './still-crypto.ts';
import { type Walked, walk } from './walk.ts';

const crypto = createStillCrypto();

/** A walk is all work and no waiting: how long it takes says how busy the machine is, and nothing else. */
const patienceMs = 120_000;

/** Once per file that walks. */
export function standStill(): void {
  vi.setConfig({ testTimeout: patienceMs });
  beforeAll(() => {
    vi.stubGlobal('crypto', crypto.crypto);
    // A pause says only that others may go first, and here they may at every step.
    vi.stubGlobal('setTimeout', (resume: () => void) => void queueMicrotask(resume));
  });
  afterAll(() => void vi.unstubAllGlobals());
}

/**
 * As a store with one clock has it: where clocks may differ, `test/contracts/session-strategy/clocks.test.ts` looks. Rotation is
 * due for whoever comes, so that a step of it is in every story. */
export const busySettings = sessionSettings({
  store: 'durable-object',
  rotate: { everyMs: minuteMs, graceMs: minuteMs / 2 },
});

export const walkThrough = (
  scenario: Omit<Scenario, 'strategy'> & Partial<Scenario>,
  how?: { merge: boolean },
): Promise<Walked> =>
  walk(() => beginModel({ strategy: storedStrategy, settings: busySettings, ...scenario }, crypto), how);
