/**
 * Counts the functions whose optimised code V8 discards under constant load.
 *
 * If a large collection finds no object of a hidden class, V8 drops the class and all optimised code that depends on it. This
 * affects objects that live for one request and are extended or spread, but not objects from one literal. At first, every
 * collection discarded half a dozen functions of the hot path.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { privateFolder } from '../tools/private-folder.ts';
import { type Child, startChild } from './child.ts';
import { requestsOf } from './clients.ts';
import { gatewayVariables } from './gateway.ts';
import type { Load, LoadResult } from './load.ts';
import type { OriginCount } from './origin.ts';
import { printTable, type Row } from './table.ts';
import { startWorker } from './workers.ts';

const clients = 32;
/** Until nearly all code is optimised and one large collection has happened. */
const heatUpMs = 10_000;
/** Enough for several large collections. */
const watchedMs = 20_000;

export async function lostCode(session: 'token' | 'stored'): Promise<Row> {
  const folder = privateFolder();
  const children: Child[] = [];
  const started = (child: Child): Child => {
    children.push(child);
    return child;
  };
  try {
    const origin = started(startChild('origin.ts'));
    const load = started(startChild('load.ts'));
    const token = randomBytes(32).toString('base64url');
    const { port } = await origin.ask<OriginCount>({ token });
    const output = join(folder, 'v8.txt');
    const gateway = await startWorker({
      entry: 'worker/index.ts',
      variables: await gatewayVariables(session, { port, token }),
      folder,
      v8: { flags: ['--trace-deopt', '--trace-gc'], output },
    });
    started(gateway.child);
    const serve = async (forMs: number): Promise<void> => {
      const requests = await requestsOf('signed-in', clients, gateway.port);
      const { bad, firstBad } = await load.ask<LoadResult>({ port: gateway.port, requests, forMs } satisfies Load);
      if (bad > 0) throw new Error(`${bad} replies were no 200:\n${firstBad}`);
    };
    await serve(heatUpMs);
    const before = readFileSync(output, 'latin1').length;
    await serve(watchedMs);
    return rowOf(session, readFileSync(output, 'latin1').slice(before));
  } finally {
    for (const child of children) child.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function rowOf(session: string, trace: string): Row {
  const collections = [...trace.matchAll(/Mark-Compact/g)].length;
  const lost = [...trace.matchAll(/marking dependent code .*?<SharedFunctionInfo ([^>]*)>.*embedded weak objects/g)];
  return {
    what: `optimised functions lost at a large collection: ${session} session`,
    ratio: collections === 0 ? Number.NaN : lost.length / collections,
    bar: '<= 1',
    detail: `${lost.length} in ${collections} collections${lost.map(([, name]) => `; ${name || 'one without a name'}`).join('')}`,
  };
}

if (import.meta.main) printTable([await lostCode('token'), await lostCode('stored')]);
