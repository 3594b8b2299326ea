/** The first snippet of the page, as it stands there, in an Express app that a gateway's keys and assertions reach. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SecretKey } from '../../shared/config/settings.ts';
import { createAssertions } from '../../shared/identity/assertion.ts';
import type { Session } from '../../shared/session/session.ts';
import { freshKeys } from '../../tools/keys.ts';
import { privateFolder } from '../../tools/private-folder.ts';
import { startOrigin, type TestOrigin } from '../support/origin.ts';

type Middleware = (req: object, res: object, next: () => void) => Promise<unknown>;
type Verdict = { readonly user: { readonly sub?: string } | null } | number;

const page = readFileSync(
  fileURLToPath(new URL('../../docs/recipes/verifying-the-assertion.md', import.meta.url)),
  'utf8',
);
const folder = privateFolder();
const now = Date.now();
const ada: Session = {
  family: 'family-1',
  subject: 'ada',
  claims: { role: 'admin' },
  shownData: {},
  acr: null,
  amr: [],
  createdAt: now,
  authenticatedAt: now,
  lastSeenAt: now,
  idleEndsAt: now + 600_000,
  endsAt: now + 600_000,
  version: 1,
};

let gateway: TestOrigin;
let whoIsAsking: Middleware;
let keys: SecretKey[];
const assertionOf = async (pool: string, at = now, issuer = gateway.url, by = keys): Promise<string> =>
  (await createAssertions(by, issuer).assertionFor(ada, pool, at)) as string;
const madeKeys = async (): Promise<SecretKey[]> =>
  (await freshKeys()).keys
    .filter(({ purpose }) => purpose === 'assertion')
    .map((jwk) => ({ kid: jwk.kid, alg: 'ES256', jwk }) as unknown as SecretKey);

beforeAll(async () => {
  gateway = await startOrigin('gateway', '');
  keys = await madeKeys();
  const jwks = JSON.stringify(createAssertions(keys, gateway.url).publicJwks());
  gateway.on('/.session/jwks.json', (_, response) => response.end(jwks));
  const snippet = /^```js\n(.*?)^```$/ms.exec(page)?.[1] as string;
  const file = join(folder, 'snippet.mjs');
  const here = snippet.replaceAll('https://www.example.com', gateway.url);
  writeFileSync(file, here.replace("'jose'", JSON.stringify(import.meta.resolve('jose'))));
  ({ whoIsAsking } = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as { whoIsAsking: Middleware });
});
afterAll(async () => {
  await gateway.close();
  rmSync(folder, { recursive: true });
});

const ask = (assertion: string | undefined): Promise<Verdict> =>
  new Promise((resolve, reject) => {
    const req: { user?: { sub?: string }; get(name: string): string | undefined } = { get: () => assertion };
    whoIsAsking(req, { sendStatus: resolve }, () => resolve({ user: req.user ?? null })).catch(reject);
  });

it('whoever is signed in is known by name', async () => {
  expect(await ask(await assertionOf('app'))).toMatchObject({ user: { sub: 'ada', claims: { role: 'admin' } } });
});

it('without an assertion the request is a stranger’s', async () => {
  expect(await ask(undefined)).toEqual({ user: null });
});

it('an assertion for another pool, of another gateway, of another key or of yesterday is refused', async () => {
  expect(await ask(await assertionOf('canary'))).toBe(401);
  expect(await ask(await assertionOf('app', now, 'https://other.example'))).toBe(401);
  expect(await ask(await assertionOf('app', now, gateway.url, await madeKeys()))).toBe(401);
  expect(await ask(await assertionOf('app', now - 86_400_000))).toBe(401);
  expect(await ask('nonsense')).toBe(401);
});
