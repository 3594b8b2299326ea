/** After a run: how many tests each tier had, and the ten files that took longest. It only informs: time fails no test. */
import type { Reporter, TestModule } from 'vitest/node';

const shownFiles = 10;

interface Tier {
  files: number;
  passed: number;
  skipped: number;
  failed: number;
  ms: number;
}

export default class TiersReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    if (modules.length < 2) return;
    const lines = [...tierLines(modules), '', ` Slowest files`, ...slowestLines(modules)];
    process.stdout.write(`\n${lines.join('\n')}\n\n`);
  }
}

function tierLines(modules: readonly TestModule[]): string[] {
  const tiers = new Map<string, Tier>();
  for (const module of modules) {
    const tier = tiers.get(module.project.name) ?? { files: 0, passed: 0, skipped: 0, failed: 0, ms: 0 };
    tiers.set(module.project.name, tier);
    tier.files += 1;
    tier.ms += msOf(module);
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state !== 'pending') tier[state] += 1;
    }
  }
  return [...tiers].map(([name, { files, passed, skipped, failed, ms }]) => {
    const counts = [`${passed} passed`, `${skipped} skipped`, ...(failed > 0 ? [`${failed} failed`] : [])].join(', ');
    return ` Tier ${name}: ${files} files, ${counts}, ${seconds(ms)} in all`;
  });
}

const slowestLines = (modules: readonly TestModule[]): string[] =>
  [...modules]
    .sort((a, b) => msOf(b) - msOf(a))
    .slice(0, shownFiles)
    .map((module) => `${seconds(msOf(module)).padStart(9)}  ${module.relativeModuleId}`);

/** With hooks and imports. */
function msOf(module: TestModule): number {
  const { duration, collectDuration, setupDuration } = module.diagnostic();
  return duration + collectDuration + setupDuration;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
