/**
 * The tests, in tiers:
 *
 *   unit       npm run test:unit       decisions and steps in this process, without a server
 *   model      npm run test:model      the model checker, simulations, counts of storage operations: all computing
 *   contracts  npm run test:contracts  stores, events, runtimes and commands, held to the real ones
 *   journeys   npm run test:journeys   both gateways from outside, with real runtimes, origins and browsers
 *   apps       npm run test:apps       journeys in front of applications of other languages (PHP, Python, Java, Go)
 *
 * `npm test` runs them all. A test file belongs to the first tier that lists it, and to `journeys` if none does, so no file
 * is ever left out. A later tier that `npm test` would be too slow for gets a name and a script of its own, and a line in
 * `.ci/run`.
 *
 * Each file of `unit` and `model` has a process of its own: code that has run for many files is slower than code that the
 * engine has optimised for one. In the other tiers a process runs one file after another and keeps what it has loaded and
 * started, so a file must leave no timer faked and no variable changed there.
 *
 * A test that needs a program that the machine does not have is reported as skipped. Tests wait for events, not for time;
 * their time limits are for what hangs.
 */
import { defineConfig } from 'vitest/config';

const files = {
  unit: [
    'test/shared/**/*.test.ts',
    'test/support/**/*.test.ts',
    'test/demo/**/*.test.ts',
    'test/docs/asvs.test.ts',
    'test/docs/pages.test.ts',
    'test/tools/**/*.test.ts',
  ],
  model: ['test/model/**/*.test.ts', 'test/simulation/**/*.test.ts', 'test/bench/**/*.test.ts'],
  contracts: [
    'test/contracts/**/*.test.ts',
    'test/worker/**/*.test.ts',
    'test/lambda/**/*.test.ts',
    'test/tools/inspector.test.ts',
    'test/tools/packaging.test.ts',
    'test/tools/plan/command.test.ts',
    'test/tools/wrangler-cache.test.ts',
    'test/tools/wrangler-dev.test.ts',
  ],
  apps: [
    'test/docs/recipes.test.ts',
    'test/docs/verifying-the-assertion.test.ts',
    'test/journeys/an-app-that-adopts-its-id-keeps-its-client-where-it-moved.test.ts',
    'test/journeys/apps-that-exist-live-on-behind-the-gateway.test.ts',
    'test/journeys/every-spelling-of-a-protected-page-is-protected.test.ts',
  ],
} as const;

const everything = 'test/**/*.test.ts';
const listed = Object.values(files).flat();

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    reporters: ['default', './test/support/tiers-reporter.ts'],
    coverage: { include: ['shared/**', 'worker/**', 'lambda/**'], reporter: ['text-summary', 'html'] },
    projects: [
      tier('unit', files.unit, { exclude: files.contracts }),
      tier('model', files.model, { isolate: true }),
      tier('contracts', files.contracts),
      tier('apps', files.apps),
      tier('journeys', [everything], { exclude: listed }),
    ],
  },
});

interface TierOptions {
  readonly exclude?: readonly string[];
  readonly isolate?: boolean;
}

function tier(name: string, include: readonly string[], { exclude = [], isolate = false }: TierOptions = {}) {
  return { extends: true as const, test: { name, include: [...include], exclude: [...exclude], isolate } };
}
