/**
 * After the run, while no origin dies: how a gateway handles slow clients, and an origin that accepts every request but
 * answers none.
 */
import { request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { World } from '../../test/support/doors.ts';
import type { Outages } from './outages.ts';

/** The timeout of the pool of `path`, which `clients.ts` defines. Uploads take longer. */
export const hastyTimeoutMs = 1_000;
const path = '/hasty/work';
const partBytes = 16 * 1024;
const parts = 6;
const pauseMs = 400;
const uploads = 12;

export interface SlowUploads {
  readonly all: number;
  readonly lastedMs: number;
  /** Descriptions of uploads that did not end with a 200 and all bytes at the origin. */
  readonly lost: readonly string[];
}

/** Half of the uploads have a Content-Length. */
export async function uploadSlowly(world: World): Promise<SlowUploads> {
  const received: number[] = [];
  for (const origin of Object.values(world.origins)) {
    origin.on('/hasty/upload', ({ body }, response) => {
      received.push(body.length);
      response.end('{}');
    });
  }
  const startedAt = Date.now();
  const statuses = await Promise.all(Array.from({ length: uploads }, (_, i) => upload(world, i, i % 2 === 0)));
  const whole = received.filter((bytes) => bytes === parts * partBytes).length;
  const lost = statuses.flatMap((status, i) => (status === 200 ? [] : [`upload ${i}: ${status}`]));
  if (whole < uploads) lost.push(`${uploads - whole} did not arrive whole`);
  return { all: uploads, lastedMs: Date.now() - startedAt, lost };
}

function upload(world: World, number: number, isLengthKnown: boolean): Promise<number> {
  const length = { 'content-length': String(parts * partBytes) };
  return new Promise((resolve, reject) => {
    const outgoing = request(`${world.url}/hasty/upload`, {
      method: 'PUT',
      headers: { ...(isLengthKnown && length), 'dev-client-ip': `203.${number}.113.9` },
    });
    outgoing.on('error', reject).on('response', (reply) => {
      reply.resume().on('end', () => resolve(reply.statusCode ?? 0));
    });
    (async () => {
      for (let i = 0; i < parts; i++) {
        outgoing.write(Buffer.alloc(partBytes, i));
        await pause(pauseMs);
      }
      outgoing.end();
    })().catch(reject);
  });
}

export interface Hanging {
  readonly clients: number;
  /** Requests that timed out. */
  readonly timedOut: number;
  /** Until another origin had served the last of its clients. */
  readonly untilMs: number;
  /** Descriptions of clients that no other origin served, and of responses other than 200 and 504. */
  readonly lost: readonly string[];
}

const clients = 12;
/** On Lambda, each environment detects it separately, after three time-outs. */
const maxMs = 30_000;

export async function hangOne(world: World, outages: Outages): Promise<Hanging> {
  const hanging = world.origins.eu;
  const visitors = Array.from({ length: clients }, (_, i) =>
    Object.assign(world.client(), { place: '48.1,11.6', ip: `198.${i}.100.9` }),
  );
  for (const visitor of visitors) await visitor.ask(path);
  outages.began(hanging.id, Date.now());
  hanging.hang();
  const startedAt = Date.now();
  let timedOut = 0;
  const served = visitors.map(async (visitor, i): Promise<string | null> => {
    while (Date.now() - startedAt < maxMs) {
      const reply = await visitor.ask(path);
      if (reply.status === 200) return null;
      if (reply.status !== 504) return `client ${i}: ${reply.status} ${reply.text().slice(0, 200)}`;
      timedOut++;
    }
    return `client ${i}: not served in ${maxMs} ms`;
  });
  const lost = (await Promise.all(served)).filter((fault) => fault !== null);
  const untilMs = Date.now() - startedAt;
  await hanging.revive();
  outages.ended(hanging.id, Date.now());
  return { clients, timedOut, untilMs, lost };
}
