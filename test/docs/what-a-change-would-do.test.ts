/** The plan that docs/routing.md shows, made of the configuration and the change that it shows. */
import { expect, it } from 'vitest';
import type { GatewayInput } from '../../shared/config/input.ts';
import { emptyDocument } from '../../shared/routing/control/control.ts';
import { planOf } from '../../tools/plan/plan.ts';
import type { State } from '../../tools/plan/side.ts';
import { planText } from '../../tools/plan/text.ts';
import { configured, settingsOf } from '../shared/config/examples.ts';
import { blocksIn, patched } from './routing-page.ts';

const section = 'What a change would do';
const only = (language: string): string => {
  const [block, ...more] = blocksIn(language, section);
  expect(more).toEqual([]);
  return block?.text as string;
};

function stateFrom(block: string): State {
  const env = { ORIGIN_EU: 'https://eu.example', ORIGIN_EU2: 'https://eu2.example', ORIGIN_US: 'https://us.example' };
  const part = new Function('env', `return { ${block} };`)(env) as Pick<GatewayInput, 'pools'>;
  return { ...settingsOf(configured(part)), document: emptyDocument };
}

it('the change on the page moves whom the page says, when it says so', () => {
  const before = stateFrom(only('ts'));
  const after = stateFrom(patched(only('ts'), only('diff')));
  expect(planText(planOf(before, after, { now: Date.parse('2030-06-01T05:00:00Z') }))).toBe(only('text'));
  const early = planText(planOf(before, after, { now: Date.parse('2030-06-01T03:00:00Z') }));
  expect(early).toContain('clients with a pin: nobody moves');
  expect(early.split('clients with a pin')[0]).toBe(only('text').split('clients with a pin')[0]);
});
