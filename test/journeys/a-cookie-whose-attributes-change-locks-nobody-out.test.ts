import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { doorNames, openWorld, type World } from '../support/doors.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

/**
 * Two deployments of one gateway, before and after a change of its configuration. Cookies do not tell ports apart, so to
 * the browser they are one host; the tokens' issuer is the first public origin, the same for both.
 */
const partitionedIs = (partitioned: boolean): string => `{ ...base,
  publicOrigins: ['http://localhost:1', env.PUBLIC_ORIGIN],
  session: { strategy: 'token', cookie: { partitioned: ${partitioned} } },
  pools: { app: { ...base.pools.app, affinity: { by: 'cookie', partitioned: ${partitioned}, idle: '4m' } } },
}`;
const domainIs = (domain: string | null): string => `{ ...base,
  publicOrigins: ['http://app.shop.localhost:1', env.PUBLIC_ORIGIN.replace('localhost', 'app.shop.localhost')],
  session: { strategy: 'token' },
  pools: { app: { ...base.pools.app,
    affinity: { by: 'cookie', name: '__Secure-berth', idle: '4m'${domain === null ? '' : `, domain: '${domain}'`} } } },
}`;

interface Deployments {
  readonly before: World;
  readonly after: World;
}

describe.each(doorNames)('at the %s door', (door) => {
  function deployed(definitions: readonly [string, string], tell: (deployments: Deployments) => void): void {
    const deployments = {} as { -readonly [K in keyof Deployments]: World };
    const closing: (() => Promise<void>)[] = [];
    beforeAll(async () => {
      const before = await openWorld(door, { definition: definitions[0] });
      closing.push(before.close);
      const after = await openWorld(door, { definition: definitions[1], beside: before.world });
      closing.unshift(after.close);
      Object.assign(deployments, { before: before.world, after: after.world });
    });
    afterAll(async () => {
      for (const close of closing) await close();
    });
    tell(deployments);
  }

  async function person(host: string) {
    const context = await browser.newContext();
    const page = await context.newPage();
    const at = ({ url }: World): string => url.replace('localhost', host);
    /** A refusal is a page. */
    const json = async (world: World, path: string): Promise<Record<string, unknown>> => {
      const reply = await page.goto(at(world) + path);
      return reply?.status() === 200 ? reply.json() : {};
    };
    return {
      close: () => context.close(),
      me: async (world: World) => (await json(world, '/.session/me')).subject ?? null,
      origin: async (world: World) => (await json(world, '/cart-of-mine')).origin,
      held: async (world: World) => namesHeld(context, at(world)),
      signIn: (world: World, user: string) => submit(page, at(world), '/login', { user }),
      async signOut(world: World): Promise<void> {
        await page.goto(`${at(world)}/.session/me`);
        expect(await page.evaluate(async () => (await fetch('/.session/logout', { method: 'POST' })).status)).toBe(204);
      },
      later: (seconds: number) => page.setExtraHTTPHeaders({ 'dev-clock': String(seconds) }),
    };
  }

  describe.each([
    [false, true],
    [true, false],
  ])('partitioned was %s and is %s', (was, is) => {
    deployed([partitionedIs(was), partitionedIs(is)], (deployments) => {
      const both = ['__Host-affinity', '__Host-session'];

      it('whoever was signed in stays so, at the same origin, with one cookie of a name in the end', async () => {
        const { before, after } = deployments;
        const ada = await person('localhost');
        await ada.signIn(before, 'ada');
        const home = await ada.origin(before);
        expect(await ada.held(before)).toEqual(both);
        expect([await ada.me(after), await ada.origin(after)]).toEqual(['ada', home]);
        expect(await ada.held(after)).toEqual(both);

        await ada.later(61);
        expect([await ada.me(after), await ada.origin(after)]).toEqual(['ada', home]);
        expect(await ada.held(after)).toEqual([...both, ...both].sort());
        await ada.later(122);
        expect([await ada.me(after), await ada.origin(after)]).toEqual(['ada', home]);
        expect(await ada.held(after)).toEqual(both);
        expect([await ada.me(after), await ada.origin(after)]).toEqual(['ada', home]);

        await ada.signOut(after);
        expect([await ada.held(after), await ada.me(after), await ada.me(before)]).toEqual([[], null, null]);
        await ada.close();
      });

      it.each([0, 61])('and can sign out for good, %i seconds after the change', async (seconds) => {
        const { before, after } = deployments;
        const ada = await person('localhost');
        await ada.signIn(before, 'ada');
        await ada.later(seconds);
        expect(await ada.me(after)).toBe('ada');
        await ada.signOut(after);
        expect([await ada.held(after), await ada.me(after), await ada.me(before)]).toEqual([[], null, null]);
        await ada.close();
      });

      it('and can sign in as somebody else', async () => {
        const { before, after } = deployments;
        const guest = await person('localhost');
        await guest.signIn(before, 'ada');
        await guest.signIn(after, 'grace');
        expect([await guest.me(after), await guest.held(after)]).toEqual(['grace', expect.arrayContaining(both)]);
        expect((await guest.held(after)).filter((name) => name === '__Host-session')).toHaveLength(1);
        await guest.close();
      });
    });
  });

  describe.each([
    [null, 'shop.localhost'],
    ['shop.localhost', null],
  ])('the domain of the pin was %s and is %s', (was, is) => {
    deployed([domainIs(was), domainIs(is)], (deployments) => {
      const berth = '__Secure-berth';

      it('the berth is kept, with one cookie in the end, and goes with the sign-out', async () => {
        const { before, after } = deployments;
        const ada = await person('app.shop.localhost');
        const pins = async () => (await ada.held(after)).filter((name) => name === berth).length;
        await ada.signIn(before, 'ada');
        const home = await ada.origin(before);
        expect([await ada.me(after), await ada.origin(after), await pins()]).toEqual(['ada', home, 1]);
        await ada.later(61);
        expect([await ada.origin(after), await pins()]).toEqual([home, 2]);
        await ada.later(122);
        expect([await ada.origin(after), await pins()]).toEqual([home, 1]);
        await ada.signOut(after);
        expect(await ada.held(after)).toEqual([]);
        await ada.close();
      });

      it('a sign-out takes the one from before', async () => {
        const { before, after } = deployments;
        const ada = await person('app.shop.localhost');
        await ada.signIn(before, 'ada');
        expect(await ada.me(after)).toBe('ada');
        await ada.signOut(after);
        expect(await ada.held(after)).toEqual([]);
        await ada.close();
      });
    });
  });
});

async function namesHeld(context: BrowserContext, url: string): Promise<string[]> {
  return (await context.cookies(url)).map(({ name }) => name).sort();
}

async function submit(page: Page, url: string, path: string, fields: Readonly<Record<string, string>>): Promise<void> {
  await page.goto(`${url}/`);
  const inputs = Object.entries(fields).map(([name, value]) => `<input name="${name}" value="${value}">`);
  await page.setContent(`<form method="post" action="${url}${path}">${inputs.join('')}<button>Go</button></form>`);
  await page.getByRole('button').click();
  await page.waitForURL(`${url}/`);
}
