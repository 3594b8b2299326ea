/**
 * After the run, while nothing dies: what a gateway makes of clients that are slow, and of an origin that takes every
 * request and answers none.
 */
import { request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { World } from '../../test/support/doors.ts';
import type { Outages } from './outages.ts';

/** The pool's of this path; `clients.ts` defines it. Uploads take longer than that. */
export const hastyTimeoutMs = 1_000;
const path = '/hasty/work';
const partBytes = 16 * 1024;
const parts = 6;
const pauseMs = 400;
const uploads = 12;

export interface SlowUploads {
  readonly all: number;
  readonly lastedMs: number;
  /** In words: those that did not end with a 200 and all their bytes at the origin. */
  readonly lost: readonly string[];
}

/** Of half of them the length is known. */
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
  /** Requests that waited for it in vain. */
  readonly timedOut: number;
  /** Until the last of its clients was served by another one. */
  readonly untilMs: number;
  /** In words: clients that no other origin served, and replies that are neither a time-out nor good. */
  readonly lost: readonly string[];
}

const clients = 12;
/** A Lambda's environments learn of it one by one, by three time-outs each. */
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
