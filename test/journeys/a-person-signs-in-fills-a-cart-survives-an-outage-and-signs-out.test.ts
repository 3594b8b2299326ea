import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { startDemoDoor } from '../support/demo-door.ts';
import { doorNames } from '../support/doors.ts';
import type { Door } from '../support/worker-door.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

describe.each(doorNames)('a person with a browser, at the %s door', (name) => {
  let door: Door;
  let context: BrowserContext;
  let page: Page;
  /** What the browser complained about: refused resources, scripts that failed. */
  const complaints: string[] = [];

  beforeAll(async () => {
    door = await startDemoDoor(name);
    context = await browser.newContext();
    page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
  });
  afterAll(async () => {
    await context?.close();
    await door?.stop();
  });

  const origin = () => page.locator('.eyebrow code').innerText();
  const cart = () => page.locator('.lines li').allInnerTexts();
  const open = async (path = '/') => {
    const response = await page.goto(door.url + path);
    return response?.status();
  };
  const cookieNames = async () => (await context.cookies()).map((cookie) => cookie.name).sort();
  let home: string;

  it('finds a berth and no session, and is sent to the login from the account', async () => {
    expect(await open()).toBe(200);
    home = await origin();
    expect(['eu', 'us', 'ap']).toContain(home);
    expect(await cookieNames()).toEqual(['__Host-affinity']);
    await page.getByRole('link', { name: 'Your account' }).click();
    await page.waitForURL(`${door.url}/login?return_to=**`);
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('Sign in');
  });

  it('fills a cart before signing in', async () => {
    await open();
    for (const item of ['Coil of rope', 'Brass lantern']) {
      await page.getByRole('button', { name: item }).click();
      await page.locator('.lines li', { hasText: item }).waitFor();
    }
    expect(await cart()).toHaveLength(2);
  });

  it('signs in at the form of the app, and arrives at the page that was asked for', async () => {
    await page.getByRole('link', { name: 'Your account' }).click();
    await page.getByLabel('Name').selectOption('ada');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(`${door.url}/account`);
    expect(await page.locator('dl').innerText()).toContain('ada');
    expect(await cookieNames()).toEqual(['__Host-affinity', '__Host-session', 'cart_id']);
    for (const cookie of await context.cookies()) {
      if (cookie.name.startsWith('__Host-'))
        expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Lax' });
    }
  });

  it('stays at the same origin with the same cart, load after load', async () => {
    for (let load = 0; load < 5; load++) {
      await open();
      expect(await origin()).toBe(home);
      expect(await cart()).toHaveLength(2);
    }
    await page.getByText('if you do nothing').waitFor();
    expect(await page.locator('header').innerText()).toContain('Ada Lovelace');
  });

  it('is still signed in when the origin has died, served by another one', async () => {
    await page.getByRole('button', { name: 'Kill this origin' }).click();
    await page.locator('.berth.down').waitFor();
    const refuge = await origin();
    expect(refuge).not.toBe(home);
    expect(await page.locator('header').innerText()).toContain('Ada Lovelace');
    expect(await cart()).toEqual([]);
    expect(await open('/account')).toBe(200);

    await open();
    await page.getByRole('button', { name: /^Bring .* back$/ }).click();
    await page.locator('.berth.down').waitFor({ state: 'detached' });
    expect(await origin()).toBe(refuge);
  });

  it('signs out, and the account asks for a login again', async () => {
    const held = await context.cookies();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    expect(page.url()).toBe(`${door.url}/`);
    expect(await cookieNames()).not.toContain('__Host-session');
    await open('/account');
    expect(page.url()).toContain('/login?return_to=');

    // Another instance may go by the copy in the cookie for as long as the configuration's freshness says, and no longer.
    await context.setExtraHTTPHeaders({ 'dev-clock': '+121' });
    await context.addCookies(held);
    await open('/account');
    expect(page.url()).toContain('/login?return_to=');
    expect(await cookieNames()).not.toContain('__Host-session');
  });

  it('never gives the browser a reason to complain', () => {
    expect(complaints).toEqual([]);
  });
});
