import { expect, it } from 'vitest';
import { copyOf, eventsOf, sessionIn, signedIn, told } from '../support/commanding.ts';
import { throughBothDoors } from '../support/doors.ts';

const firefox = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' };
const newerFirefox = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:152.0) Gecko/20100101 Firefox/152.0' };
const curl = { 'user-agent': 'curl/8.9' };

throughBothDoors(
  'bound by browser, and strictly by network',
  { definition: `{ ...base, session: { binding: { userAgent: 'notify', network: 'strict' } } }` },
  (world) => {
    const login = async (user: string) => {
      const client = world.client();
      client.ip = '203.0.113.9';
      await client.ask('/login', { form: { user }, headers: firefox });
      return client;
    };

    it('another address of the same network is the same client', async () => {
      const client = await login('ada');
      client.ip = '203.0.113.200';
      expect((await client.ask('/account', { headers: firefox })).status).toBe(200);
    });

    it('another network has to sign in again, and the first one is not signed out by it', async () => {
      const client = await login('ada');
      const elsewhere = copyOf(world, client);
      elsewhere.ip = '198.51.100.1';
      const held = sessionIn(elsewhere);
      const refused = await elsewhere.ask('/account', { headers: firefox });
      expect([refused.status, refused.json().reason]).toEqual([401, 'invalid']);
      expect(sessionIn(elsewhere)).toBe(held);
      expect((await client.ask('/account', { headers: firefox })).status).toBe(200);
      expect(await told(world, 'session-client-changed')).toContainEqual(
        expect.objectContaining({ what: ['network'], strict: true }),
      );
    });

    it('a newer version of the browser is no event, another browser is one, told once and not with every request', async () => {
      const client = await login('grace');
      client.clockSeconds = 70;
      await client.ask('/account', { headers: newerFirefox });
      const before = eventsOf(world, 'session-client-changed').length;
      client.clockSeconds = 140;
      for (let i = 0; i < 3; i++) expect((await client.ask('/account', { headers: curl })).status).toBe(200);
      const after = await told(world, 'session-client-changed', before + 1);
      expect(after.slice(before)).toEqual([expect.objectContaining({ what: ['user-agent'], strict: false })]);
    });
  },
);

throughBothDoors(
  'bound strictly by browser',
  { definition: `{ ...base, session: { strategy: 'token', binding: { userAgent: 'strict' } } }` },
  (world) => {
    it('another browser has to sign in again, for tokens too', async () => {
      const client = world.client();
      await client.ask('/login', { form: { user: 'ada' }, headers: firefox });
      expect((await client.ask('/account', { headers: newerFirefox })).status).toBe(200);
      expect((await client.ask('/account', { headers: curl })).status).toBe(401);
      expect((await client.ask('/account', { headers: firefox })).status).toBe(200);
    });
  },
);

throughBothDoors(
  'bound to nothing',
  { definition: `{ ...base, session: { binding: { userAgent: 'off' } } }` },
  (world) => {
    it('nobody is asked who they are', async () => {
      const client = await signedIn(world);
      client.ip = '198.51.100.1';
      client.clockSeconds = 70;
      expect((await client.ask('/account', { headers: curl })).status).toBe(200);
      expect(eventsOf(world, 'session-client-changed')).toEqual([]);
    });
  },
);
