import { beforeAll, expect, it } from 'vitest';
import { command, commandable, copyOf, heldReply, signedIn } from '../support/commanding.ts';
import { throughBothDoors } from '../support/doors.ts';

const stories = [
  // The isolate that handled the sign-out knows of it, and no other one: on Lambda, a request in flight has one of its own.
  ['a token without a store', { doors: ['worker'], definition: `{ ...base, session: { strategy: 'token' } }` }],
  [
    'a token with a store',

    {
      definition: `{ ...base, session: { strategy: 'token', store: { worker: 'durable-object', lambda: 'dynamodb' } } }`,
    },
  ],
] as const;

for (const [name, world] of stories) {
  throughBothDoors(`${name}, and a reply that was under way at the sign-out`, world, (opened) => {
    beforeAll(() => commandable(opened));

    for (const [header, commands] of [
      ['Session-Update', { update: { cart: 2 } }],
      ['Session-Rotate', { rotate: true }],
    ] as const) {
      it(`brings no new token with ${header}`, async () => {
        const client = await signedIn(opened);
        const kept = heldReply();
        const slow = command(copyOf(opened, client), { ...commands, held: kept.held });
        await kept.arrived;
        expect((await client.ask('/.session/logout', { method: 'POST' })).status).toBe(204);
        kept.letGo();
        const late = await slow;
        expect(late.status).toBe(200);
        const written = late.setCookies.filter(
          (line) => line.startsWith('__Host-session') && !line.includes('Max-Age=0'),
        );
        expect(written.length).toBe(0);
      });
    }
  });
}
