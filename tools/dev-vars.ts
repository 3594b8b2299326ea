/**
 * `.dev.vars`: the secrets of this checkout, for trying things out locally. Both local runners read it; the first one
 * writes it, with keys that exist nowhere else. Dotenv syntax, because wrangler reads the same file.
 */
import { createHash, randomBytes } from 'node:crypto';
import { link, readFile, unlink, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { scopes } from '../shared/config/settings.ts';
import { freshKeys } from './keys.ts';

export const devVarsFile = new URL('../.dev.vars', import.meta.url);

/** Nobody but its owner reads a file of secrets. */
const ownerOnly = 0o600;
const tokenBytes = 32;

/**
 * Every variable that a local gateway may read: those of the file, overridden by the process environment. The
 * environment is in it as a whole, since a configuration may ask for any name; hand on only what is needed.
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
  // Linked into place whole, so that two runners that start together end up with one set of keys.
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
  return `# Made for this checkout alone, and for local use only. Delete the file to get fresh keys.
SESSION_KEYS='${JSON.stringify(await freshKeys())}'
ORIGIN_TOKEN='${randomBytes(tokenBytes).toString('base64url')}'
GATEWAY_TOKENS='${JSON.stringify(serviceTokens)}'
# The plain text of the service token above: Authorization: Bearer <this>
DEV_SERVICE_TOKEN='${serviceToken}'
# Dev-Client-Ip, Dev-Client-Place and Dev-Clock are honoured, while every public origin is a loopback address.
DEV_HEADERS=1
`;
}
