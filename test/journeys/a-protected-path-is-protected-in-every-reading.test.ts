import { describe, expect, it } from 'vitest';
import { throughBothDoors } from '../support/doors.ts';
import { throughEveryFront } from '../support/fronts.ts';
import { requestOf, say } from '../support/raw-http.ts';

/** Other ways to write a path that is below /account or /admin, or that some server will take for one. */
const disguises = [
  '/x/..%2faccount/secret',
  '/x/..%2Faccount/secret',
  '/x%2f..%2faccount/secret',
  '/x/%2e%2e/account/secret',
  '/x/.%2e/account/secret',
  '/x/%2e%2e%2faccount/secret',
  '/x/..%252faccount/secret',
  '/x/%252e%252e/account/secret',
  '/x/../account/secret',
  '/./account/secret',
  '//account/secret',
  '/%61ccount/secret',
  '/%61dmin',
  '/%61dmin/',
  '/%2561dmin/secret',
  '/admin%2fsecret',
  '/admin;x=y/secret',
  '/;/admin/secret',
  '/admin;/secret',
  '/x/..;/admin/secret',
  '/x/..;a=b/admin/secret',
  '/\\admin/secret',
  '/x/..\\admin/secret',
  '/x/..%5cadmin/secret',
  '/x/%2e%2e%5cadmin%5csecret',
  '/%5cadmin/secret',
  '/admin%5csecret',
  '/%2fadmin/secret',
  '/.%2fadmin/secret',
  '/admin/../admin/secret',
  '/admin/.',
  '/admin/%2e',
  '/admin%00',
  '/admin%00/secret',
  '/%00/../admin/secret',
  '/admin%0a',
  '/admin%0d%0a/secret',
  '/admin%7f',
  '/admin%2500/secret',
  '/admin%3bx/secret',
  '/admin/secret?/../..',
  '/account/%2e%2e/admin',
  '/x/%2e%2e%2f%2e%2e%2fadmin',
  '/admin%3f',
  '/admin%3Fx=/secret',
  '/admin%23x',
  '/admin%253fx',
  '/admin%3f%2fx',
  '/x%3f/../admin/secret',
  '/%2fadmin%2fsecret%3fx',
  '/Account/secret',
  '/ACCOUNT',
  '/account/SECRET/',
  '/ADMIN',
  '/admin/',
  '/Admin/Secret//',
  '/%41ccount/secret',
  '/%2541dmin',
  '/account;jsessionid=1/secret',
  '/account/secret;jsessionid=1',
  '/Account;jsessionid=1',
  '/account%3bjsessionid=1',
  '/;x=y/Account/secret',
  '/recent;x',
  '/Recent/x',
  '/x/..;/Account/secret',
  '/x/%252e%252e/ACCOUNT',
];

const token = { definition: `{ ...base, session: { strategy: 'token' } }` };

throughEveryFront('a protected path is protected in every reading', token, (world, front) => {
  const arrived = () => Object.values(world.origins).reduce((sum, { seen }) => sum + seen.length, 0);

  it.each(disguises)('%s does not reach an origin', async (path) => {
    const before = arrived();
    const { status } = await say(world.url, requestOf(world.url, `GET ${path}`));
    expect([400, 401]).toContain(status);
    expect(arrived()).toBe(before);
  });

  it('a question mark and a number sign that were escaped begin neither a query nor a fragment', async () => {
    const reply = await say(world.url, requestOf(world.url, 'GET /files/a%3Fb=c%23d?e=f'));
    expect(reply.status).toBe(200);
    const { url } = JSON.parse(/\{.*\}/s.exec(reply.text)?.[0] ?? '{}') as { url: string };
    expect(url).toBe('/files/a%3Fb=c%23d?e=f');
  });

  it('what was escaped twice is not escaped once', async () => {
    const reply = await say(world.url, requestOf(world.url, 'GET /files/100%2525%20of%20it'));
    expect(reply.status).toBe(200);
    const { url } = JSON.parse(/\{.*\}/s.exec(reply.text)?.[0] ?? '{}') as { url: string };
    // An HTTP API has told what it read, and that is written down again.
    expect(decodeURIComponent(url)).toBe('/files/100%25 of it');
    if (front.path === 'sent') expect(url).toBe('/files/100%2525%20of%20it');
  });
});

throughBothDoors('a path that is not a plain one', token, (world) => {
  const arrived = () => Object.values(world.origins).reduce((sum, { seen }) => sum + seen.length, 0);

  it('a path that can be read in two ways is refused as such, a plain one asks for a sign-in', async () => {
    const codeOf = async (path: string) => (await world.client().ask(path)).json().code;
    expect(await codeOf('/x/..%2fadmin/secret')).toBe('bad_path');
    expect(await codeOf('/admin%00')).toBe('bad_path');
    expect(await codeOf('/admin/secret')).toBe('session_required');
    expect(await codeOf('/admin')).toBe('session_required');
    expect(await codeOf('/account/')).toBe('session_required');
    expect(await codeOf('/Account;jsessionid=1/')).toBe('session_required');
    expect(await codeOf('/x/..;/account')).toBe('bad_path');
  });

  it('a signed-in client without the role gets no further by a disguise', async () => {
    const client = world.client();
    await client.ask('/login', { form: { user: 'ada' } });
    expect((await client.ask('/admin/secret')).status).toBe(403);
    const before = arrived();
    for (const path of ['/account/..%2fadmin/secret', '/account/%2e%2e%2fadmin', '/account%2f..%2fadmin', '/%61dmin']) {
      expect([400, 403]).toContain((await client.ask(path)).status);
    }
    expect(arrived()).toBe(before);
  });

  describe('what is odd and harmless', () => {
    it.each([
      '/files/@scope%2Fname',
      '/files/a%20b',
      '/files/caf%C3%A9',
      '/files/%e2%82%ac',
      '/files/100%25',
      '/files/a+b',
      "/files/it's",
      '/files/(1)!*,$&=~:@',
      '/files/x;v=1',
      '/administrator',
      '/accounts/1',
      '/a.b/..c/...',
      '/deep//er',
    ])('%s passes byte for byte', async (path) => {
      const reply = await say(world.url, requestOf(world.url, `GET ${path}`));
      expect(reply.status).toBe(200);
      const { url } = JSON.parse(/\{.*\}/s.exec(reply.text)?.[0] ?? '{}') as { url: string };
      expect(url).toBe(path);
    });
  });
});
