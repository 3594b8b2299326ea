import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { createServiceTokens } from '../../../shared/client/service-token.ts';
import { emptyTrail } from '../../../shared/context.ts';
import { explained } from '../../../shared/log/explained.ts';

const hash = (token: string) => createHash('sha256').update(token).digest('hex');
const tokens = createServiceTokens([
  { id: 'ops', sha256: hash('ops'), scopes: ['explain'] },
  { id: 'shop', sha256: hash('shop'), scopes: ['sessions:read'] },
]);
const trail = {
  ...emptyTrail(),
  origin: 'eu',
  because: 'pinned',
  route: 2,
  session: 'active' as const,
  attempts: 1,
  epoch: 3,
};

it('whoever may ask is told, with or without the word Bearer', async () => {
  for (const asked of ['ops', 'Bearer ops']) {
    expect(await explained(trail, asked, null, tokens, 0)).toBe(
      'origin=eu, because=pinned, route=2, session=active, attempts=1, epoch=3',
    );
  }
});

it('nobody else is told anything', async () => {
  for (const asked of [null, '', 'wrong', 'shop']) expect(await explained(trail, asked, null, tokens, 0)).toBeNull();
});

it('what is not known is left out', async () => {
  expect(await explained(emptyTrail(), 'ops', null, tokens, 0)).toBe('attempts=0');
});
