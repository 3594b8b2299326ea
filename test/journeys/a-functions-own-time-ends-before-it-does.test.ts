import { describe, expect, it } from 'vitest';
import { throughDoor } from '../support/doors.ts';

const definition = `({ ...base, session: { strategy: 'token' } })`;

describe.each([
  ['streamed', true],
  ['buffered', false],
] as const)('behind a function that may take three seconds, %s,', (_, streamed) => {
  throughDoor('lambda', 'an origin that hangs', { definition, lambda: { streamed, timeoutMs: 3_000 } }, (world) => {
    it('is answered for a second before that, and the function lives on', async () => {
      const client = world.client();
      await client.ask('/');
      world.origins.eu.on('/hangs', () => {});
      world.origins.us.on('/hangs', () => {});
      const startedAt = Date.now();
      const reply = await client.ask('/hangs');
      expect([reply.status, reply.json().code]).toEqual([504, 'origin_timeout']);
      expect(Date.now() - startedAt).toBeGreaterThan(1_500);
      expect(Date.now() - startedAt).toBeLessThan(3_000);
      expect((await client.ask('/')).status).toBe(200);
      expect(world.lines.filter((line) => line.includes('"origin-ejected"'))).toEqual([]);
    });
  });
});
