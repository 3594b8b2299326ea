/**
 * One story, told through both doors: the same test bodies run against the gateway in workerd and as a Lambda, each in
 * front of its own three origins that really live and die.
 */
import { createHash, randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe } from 'vitest';
import { freshKeys } from '../../tools/keys.ts';
import type { Service } from '../../tools/lambda-runtime/front.ts';
import { privateFolder } from '../../tools/private-folder.ts';
import { type Client, type ClientOptions, createClient } from './client.ts';
import { startLambdaDoor } from './lambda-door.ts';
import { startOrigin, type TestOrigin } from './origin.ts';
import { startWorkerDoor, type WorkerDoorOptions } from './worker-door.ts';

export type DoorName = 'worker' | 'lambda';
export const doorNames: readonly DoorName[] = ['worker', 'lambda'];

export interface World {
  readonly door: DoorName;
  readonly url: string;
  readonly origins: Readonly<Record<'eu' | 'us' | 'ap', TestOrigin>>;
  /** Proof that an origin's Session-* headers are its own. */
  readonly originToken: string;
  /** A service credential with every scope. */
  readonly serviceToken: string;
  readonly secrets: readonly string[];
  /** Everything the gateway's process has written. */
  readonly lines: readonly string[];
  /** Runs what is scheduled for every minute. */
  everyMinute(): Promise<void>;
  /** Explains its requests, unless told otherwise. */
  client(options?: ClientOptions): Client;
  env: Readonly<Record<string, string>>;
  /** Takes the store away, where that can be done from outside: `null` for the KV inside workerd. */
  readonly stopStore: (() => Promise<void>) | null;
  /** Where the Lambda door's table is, for another door that shares it. */
  readonly database: { readonly endpoint: string; readonly table: string } | null;
}

export interface WorldOptions {
  /** What stands inside `defineGateway((env) => (…))`; `base` is the definition below, to be spread and changed. */
  readonly definition?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly doors?: readonly DoorName[];
  /** How the Lambda door is reached, unless it is by a Function URL that streams. */
  readonly lambda?: { readonly streamed: boolean; readonly service?: Service; readonly timeoutMs?: number };
  /** What runs the Worker: bare workerd unless given, or all that `npm start` runs. */
  readonly workerRuntime?: WorkerDoorOptions['runtime'];
  /** Another gateway in front of the same origins, with the same keys and credentials. It outlives this one. */
  readonly beside?: World;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Written beside every journey's definition as `base`. */
const baseDefinition = `{
  publicOrigins: [env.PUBLIC_ORIGIN],
  pools: {
    app: {
      origins: [
        { id: 'eu', url: env.ORIGIN_EU, region: 'eu' },
        { id: 'us', url: env.ORIGIN_US, region: 'us-east-1' },
        { id: 'ap', url: env.ORIGIN_AP, region: 'tokyo', at: [35.7, 139.7] },
      ],
      commands: { token: env.ORIGIN_TOKEN },
    },
  },
  routes: [
    { path: '/login', methods: ['POST'], pool: 'app', session: 'optional', issues: true },
    { path: '/account/*', pool: 'app', session: 'required' },
    { path: '/admin/*', pool: 'app', session: 'required', claims: { role: ['admin'] } },
    { path: '/recent/*', pool: 'app', session: 'required', maxAuthAge: '15m' },
    { path: '/hooks/*', methods: ['POST'], pool: 'app', session: 'off', crossSite: 'allow' },
    { path: '/assets/*', pool: 'app', session: 'off', cache: 'edge' },
    { path: '/*', pool: 'app', session: 'optional' },
  ],
  login: { page: '/login', returnParam: 'return_to' },
}`;

/** Runs `tell` once per door. Everything in `world` is there from `beforeAll` on. */
export function throughBothDoors(title: string, options: WorldOptions, tell: (world: World) => void): void {
  for (const door of options.doors ?? doorNames) throughDoor(door, `${title} (${door})`, options, tell);
}

export function throughDoor(door: DoorName, title: string, options: WorldOptions, tell: (world: World) => void): void {
  describe(title, () => {
    const world = {} as { -readonly [K in keyof World]: World[K] };
    let close: (() => Promise<void>) | null = null;
    beforeAll(async () => {
      const opened = await openWorld(door, options);
      Object.assign(world, opened.world);
      close = opened.close;
    });
    afterAll(() => close?.());
    tell(world);
  });
}

export async function openWorld(
  door: DoorName,
  options: WorldOptions,
): Promise<{ world: World; close(): Promise<void> }> {
  const { beside } = options;
  const ground = beside ?? (await breakGround());
  const env = { ...ground.env, ...options.env };
  const folder = privateFolder();
  const config = join(folder, 'gateway.config.ts');
  writeFileSync(
    config,
    `import { defineGateway } from '${root}shared/config/define.ts';
export default defineGateway((env) => {
  const base = ${baseDefinition};
  return ${options.definition ?? 'base'};
});
`,
  );
  const opened =
    door === 'worker'
      ? {
          ...(await startWorkerDoor({ config, env, ...(options.workerRuntime && { runtime: options.workerRuntime }) })),
          stopDatabase: null,
          database: null,
        }
      : await startLambdaDoor({ config, env, ...options.lambda });
  const { origins, originToken, serviceToken } = ground;
  const world: World = {
    door,
    url: opened.url,
    origins,
    originToken,
    serviceToken,
    secrets: [originToken, serviceToken, ...secretsIn(ground.env.SESSION_KEYS as string)],
    lines: opened.lines,
    everyMinute: opened.everyMinute,
    env,
    stopStore: opened.stopDatabase,
    database: opened.database,
    client: (clientOptions = { serviceToken }) => createClient(opened.url, clientOptions),
  };
  return {
    world,
    async close() {
      await opened.stop();
      if (!beside) await Promise.all(Object.values(origins).map((origin) => origin.close()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What gateways can share: origins, and what proves who is who. */
async function breakGround(): Promise<Pick<World, 'origins' | 'originToken' | 'serviceToken' | 'env'>> {
  const originToken = randomBytes(32).toString('base64url');
  const serviceToken = randomBytes(32).toString('base64url');
  const [eu, us, ap] = await Promise.all([
    startOrigin('eu', originToken),
    startOrigin('us', originToken),
    startOrigin('ap', originToken),
  ]);
  const env = {
    SESSION_KEYS: JSON.stringify(await freshKeys()),
    GATEWAY_TOKENS: JSON.stringify([
      {
        id: 'test',
        sha256: createHash('sha256').update(serviceToken).digest('hex'),
        scopes: [
          'sessions:create',
          'sessions:read',
          'sessions:write',
          'sessions:end',
          'origins:read',
          'origins:write',
          'status:read',
          'explain',
        ],
      },
    ]),
    ORIGIN_TOKEN: originToken,
    ORIGIN_EU: eu.url,
    ORIGIN_US: us.url,
    ORIGIN_AP: ap.url,
    DEV_HEADERS: '1',
  };
  return { origins: { eu, us, ap }, originToken, serviceToken, env };
}

const secretsIn = (keys: string): string[] =>
  (JSON.parse(keys).keys as Record<string, string>[]).flatMap(({ k, d }) =>
    [k, d].filter((text) => text !== undefined),
  );
