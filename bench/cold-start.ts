/**
 * Compares a cold start of the function with one of an empty Hono handler: import and first request, each in a new process,
 * in turns. `npx node bench/cold-start.ts` runs it alone.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Metafile } from 'esbuild';
import { bundleFunction } from '../tools/lambda-runtime/bundle.ts';
import { privateFolder } from '../tools/private-folder.ts';
import { startChild } from './child.ts';
import type { ColdStart, ColdStartResult } from './cold-start-once.ts';
import { gatewayConfig, gatewayVariables, publicHost } from './gateway.ts';
import type { OriginCount } from './origin.ts';
import { median } from './quantile.ts';
import { printTable, type Row } from './table.ts';

const rounds = 25;
/** The first one finds nothing in the system's file cache. */
const discardedRounds = 2;
/** A start takes a tenth of a second. */
const maxStartMs = 10_000;

interface Round {
  readonly gateway: ColdStartResult;
  readonly empty: ColdStartResult;
}

const once = fileURLToPath(new URL('cold-start-once.ts', import.meta.url));
const emptyFunction = fileURLToPath(new URL('empty-function.ts', import.meta.url));

export async function coldStart(): Promise<readonly Row[]> {
  const folder = privateFolder();
  const origin = startChild('origin.ts');
  try {
    const token = randomBytes(32).toString('base64url');
    const { port } = await origin.ask<OriginCount>({ token });
    const variables = await gatewayVariables('token', { port, token });
    const gateway = join(folder, 'gateway');
    const parts = await bundleFunction(gateway, { config: gatewayConfig });
    const empty = join(folder, 'empty');
    await bundleFunction(empty, { entry: emptyFunction });

    const ask = async (outdir: string, event: object, listed = false): Promise<ColdStartResult> => {
      const started = await startOnce({ bundle: join(outdir, 'index.mjs'), event, listed }, variables);
      if (started.status !== 200) throw new Error(`the first request of a cold start gave ${started.status}`);
      return started;
    };
    const { cookies } = await ask(gateway, eventOf('POST', '/login', []));
    await origin.ask<OriginCount>({});
    const page = eventOf(
      'GET',
      '/orders/2026',
      cookies.map((line) => line.split(';', 1)[0] as string),
    );
    const { loaded } = await ask(gateway, page, true);
    if ((await origin.ask<OriginCount>({})).active !== 1) throw new Error('the measured request had no session');
    refuseSdk(loaded, parts);

    const measured: Round[] = [];
    for (let round = 0; round < rounds; round++) {
      const own = await ask(gateway, page);
      const other = await ask(empty, page);
      if (round >= discardedRounds) measured.push({ gateway: own, empty: other });
    }
    const of = (pick: (round: Round) => number) => median(measured.map(pick));
    const ms = (pick: (round: Round) => number) => of(pick).toFixed(1);
    const ratios = measured.map(({ gateway, empty }) => gateway.ms / empty.ms);
    return [
      {
        what: 'cold start on Lambda: token session / empty Hono handler',
        ratio: median(ratios),
        bar: '<= 2.0',
        detail: [
          `import and first request ${ms((round) => round.gateway.ms)} / ${ms((round) => round.empty.ms)} ms`,
          `CPU ${ms((round) => round.gateway.cpuMs)} / ${ms((round) => round.empty.cpuMs)} ms = ${of((round) => round.gateway.cpuMs / round.empty.cpuMs).toFixed(2)}`,
          `rounds ${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`,
          'no AWS SDK was loaded',
        ].join('; '),
      },
    ];
  } finally {
    origin.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function startOnce(question: ColdStart, variables: Readonly<Record<string, string>>): Promise<ColdStartResult> {
  return new Promise((resolve, reject) => {
    const child: ChildProcess = fork(once, { env: variables, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const patience = setTimeout(() => child.kill('SIGKILL'), maxStartMs);
    child.once('message', (answer) => resolve(answer as ColdStartResult));
    child.once('exit', () => {
      clearTimeout(patience);
      reject(new Error('the process of a cold start ended without an answer'));
    });
    child.send(question);
  });
}

/** As a Function URL sends it (payload format 2.0). */
const eventOf = (method: string, path: string, cookies: readonly string[]): object => ({
  version: '2.0',
  routeKey: '$default',
  rawPath: path,
  rawQueryString: '',
  cookies,
  headers: { host: publicHost, accept: 'text/html', 'user-agent': 'bench', 'x-forwarded-proto': 'https' },
  requestContext: {
    domainName: publicHost,
    stage: '$default',
    http: { method, path, protocol: 'HTTP/1.1', sourceIp: '198.51.100.1', userAgent: 'bench' },
  },
  isBase64Encoded: false,
});

const sdk = /@aws-sdk|@smithy/;

/** The limit assumes that the SDK is not loaded. */
function refuseSdk(loaded: readonly string[], { outputs }: Metafile): void {
  const guilty = Object.entries(outputs)
    .filter(([, { inputs }]) => Object.keys(inputs).some((input) => sdk.test(input)))
    .map(([file]) => basename(file));
  const found = loaded.find((url) => sdk.test(url) || guilty.includes(basename(url)));
  if (found !== undefined) throw new Error(`a cold start of a token session loads the AWS SDK: ${basename(found)}`);
  if (guilty.length === 0) throw new Error('the bundle contains no SDK, so this check cannot work');
}

if (import.meta.main) printTable(await coldStart());
