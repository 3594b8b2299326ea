import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDemoDoor } from '../support/demo-door.ts';
import { doorNames } from '../support/doors.ts';
import type { Door } from '../support/worker-door.ts';

const run = promisify(execFile);
const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const block = /```bash\n(.*?)```/s.exec(readme)?.[1] ?? '';
const printedSite = 'http://localhost:8787';

interface Step {
  readonly command: string;
  readonly printed: string[];
}

/** Every command of the block with the `#=>` lines under it; the other comments are for people. */
function stepsOf(text: string): Step[] {
  const steps: Step[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('#=> ')) steps.at(-1)?.printed.push(line.slice(4));
    else if (line !== '' && !line.startsWith('#')) steps.push({ command: line, printed: [] });
  }
  return steps;
}

/** `…` in the README stands for whatever a reader need not see. */
const asPrinted = (line: string): RegExp =>
  new RegExp(
    `^${line
      .split('…')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  );

const endOfStep = '\x1e';
const hasTools = await Promise.all(['bash', 'curl'].map((tool) => run(tool, ['--version']))).then(
  () => true,
  () => false,
);
if (!hasTools)
  console.warn('SKIPPED: there is no bash or no curl here, so the curl session of README.md was not tried.');

describe.runIf(hasTools)('the curl session of README.md', () => {
  const steps = stepsOf(block);

  it('signs in, asks three times, loses an origin, signs out and replays', () => {
    const commands = steps.map(({ command }) => command).join('\n');
    for (const part of ['/login', 'for i in 1 2 3', '/demo/kill', '/.session/logout', 'as thief']) {
      expect(commands).toContain(part);
    }
    expect(steps.filter(({ printed }) => printed.length > 0).length).toBeGreaterThanOrEqual(9);
  });

  for (const name of doorNames) {
    describe(`at the ${name} door`, () => {
      let door: Door;
      beforeAll(async () => {
        door = await startDemoDoor(name);
      });
      afterAll(() => door?.stop());

      it('prints what the README says, twice over', async () => {
        const script = steps.map(({ command }) => `${command}\nprintf '${endOfStep}'`).join('\n');
        for (const _ of ['the first reader', 'the second']) {
          const { stdout } = await run('bash', ['-c', script.replace(printedSite, door.url)], { timeout: 30_000 });
          const outputs = stdout.split(endOfStep);
          for (const [i, { command, printed }] of steps.entries()) {
            const lines = (outputs[i] as string).split('\n').slice(0, -1);
            expect(lines.length, `${command}\n${outputs[i]}`).toBe(printed.length);
            for (const [n, line] of printed.entries()) expect(lines[n], command).toMatch(asPrinted(line));
          }
        }
      });
    });
  }
});
