/**
 * `.dev.vars`: the secrets of this checkout, for local use. Both local runners read it. If it does not exist, they create
 * it with new keys. Dotenv syntax, because wrangler reads the same file.
 */
import { createHash, randomBytes } from 'node:crypto';
import { link, readFile, unlink, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { scopes } from '../shared/config/settings.ts';
import { freshKeys } from './keys.ts';

export const devVarsFile = new URL('../.dev.vars', import.meta.url);

/** File mode: only the owner can read the secrets. */
const ownerOnly = 0o600;
const tokenBytes = 32;

/**
 * All variables that a local gateway may read: those of the file, overridden by the process environment. The result contains
 * the whole environment, because a configuration may read any name. Pass on only what is needed.
 */
export async function loadDevVars(
  file: URL | string = devVarsFile,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Record<string, string>> {
  const variables = parseEnv(await readOrCreate(file)) as Record<string, string>;
  for (const [name, value] of Object.entries(environment)) if (value !== undefined) variables[name] = value;
  return variables;
}

async function readOrCreate(file: URL | string): Promise<string> {
  const present = await readIfPresent(file);
  if (present !== null) return present;
  const fresh = await freshVariables();
  // Created with a link, so that two runners that start at the same time use the same keys.
  const draft = `${file instanceof URL ? fileURLToPath(file) : file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  await writeFile(draft, fresh, { mode: ownerOnly, flag: 'wx' });
  try {
    await link(draft, file);
    return fresh;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return await readFile(file, 'utf8');
  } finally {
    await unlink(draft);
  }
}

async function readIfPresent(file: URL | string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function freshVariables(): Promise<string> {
  const serviceToken = randomBytes(tokenBytes).toString('base64url');
  const serviceTokens = [
    { id: 'dev', sha256: createHash('sha256').update(serviceToken).digest('hex'), scopes: [...scopes] },
  ];
  return `# Created for this checkout, for local use only. Delete the file to get new keys.
SESSION_KEYS='${JSON.stringify(await freshKeys())}'
ORIGIN_TOKEN='${randomBytes(tokenBytes).toString('base64url')}'
GATEWAY_TOKENS='${JSON.stringify(serviceTokens)}'
# The plain text of the service token above: Authorization: Bearer <this>
DEV_SERVICE_TOKEN='${serviceToken}'
# Honours Dev-Client-Ip, Dev-Client-Place and Dev-Clock if every public origin is a loopback address.
DEV_HEADERS=1
`;
}
