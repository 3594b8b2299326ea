import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // Journeys start real runtimes; on a small machine two at a time is what keeps their timings honest.
    maxWorkers: 2,
  },
});
