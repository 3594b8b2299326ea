import { describe, expect, test } from 'vitest';
import { Failure } from '../../../shared/errors.ts';
import type { RequestBody } from '../../../shared/platform.ts';
import { prepareBody } from '../../../shared/proxy/replay.ts';

const most = 8;
const ignore = (): void => {};
const bytes = (length: number) => new Uint8Array(length).map((_, index) => index);

interface Watched {
  readonly stream: ReadableStream<Uint8Array>;
  readonly pulled: () => number;
  readonly cancelled: () => boolean;
}

/** Gives one chunk a pull. `ending`: what follows the last one. */
function streamOf(chunks: readonly Uint8Array[], ending: 'end' | 'break' | 'silence' = 'end'): Watched {
  let pulled = 0;
  let cancelled = false;
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const chunk = chunks[pulled++];
        if (chunk) return controller.enqueue(chunk);
        if (ending === 'end') return controller.close();
        if (ending === 'break') return controller.error(new Error('gone'));
        return new Promise(() => undefined);
      },
      cancel() {
        cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, pulled: () => pulled, cancelled: () => cancelled };
}

async function read(body: RequestBody): Promise<Uint8Array | null> {
  if (body === null || body instanceof Uint8Array) return body;
  return new Uint8Array(await new Response(body).arrayBuffer());
}

test('no body can be sent as often as one likes', async () => {
  const body = await prepareBody(null, null, most, ignore);
  expect([body.replayable, body.complete, body.next(), body.next()]).toEqual([true, true, null, null]);
});

describe('bytes', () => {
  test('up to the bound are good for another try', async () => {
    const body = await prepareBody(bytes(most), most, most, ignore);
    expect([body.replayable, body.complete]).toEqual([true, true]);
    expect(body.next()).toEqual(bytes(most));
    expect(body.next()).toEqual(bytes(most));
  });

  test('over the bound are held all the same, for when nothing was sent', async () => {
    const body = await prepareBody(bytes(most + 1), most + 1, most, ignore);
    expect([body.replayable, body.complete]).toEqual([false, true]);
    expect(body.next()).toEqual(body.next());
  });
});

describe('a stream', () => {
  test('of a small declared length is held', async () => {
    const { stream } = streamOf([bytes(3), bytes(5)]);
    const body = await prepareBody(stream, 8, most, ignore);
    expect([body.replayable, body.complete]).toEqual([true, true]);
    expect(body.next()).toEqual(new Uint8Array([0, 1, 2, 0, 1, 2, 3, 4]));
    expect(body.next()).toEqual(body.next());
  });

  test('that is declared empty is held too', async () => {
    const body = await prepareBody(streamOf([]).stream, 0, most, ignore);
    expect([body.replayable, await read(body.next())]).toEqual([true, bytes(0)]);
  });

  test.each([
    ['of unknown length', null],
    ['of a large declared length', most + 1],
  ])('%s goes out once, and nothing of it is read before', async (_, length) => {
    const watched = streamOf([bytes(9)]);
    const body = await prepareBody(watched.stream, length, most, ignore);
    expect([body.replayable, body.complete, watched.pulled()]).toEqual([false, false, 0]);
    expect(await read(body.next())).toEqual(bytes(9));
    expect(() => body.next()).toThrow('only once');
  });

  test('of unknown length may wait for the reply before it goes on', async () => {
    const body = await prepareBody(streamOf([bytes(1)], 'silence').stream, null, most, ignore);
    const reader = (body.next() as ReadableStream<Uint8Array>).getReader();
    expect((await reader.read()).value).toEqual(bytes(1));
  });

  test('that is longer than it said is not read past the bound, and loses nothing', async () => {
    const watched = streamOf([bytes(5), bytes(5), bytes(5), bytes(5)]);
    const body = await prepareBody(watched.stream, 4, most, ignore);
    expect(watched.pulled()).toBe(2);
    expect([body.replayable, body.complete]).toEqual([false, false]);
    expect(await read(body.next())).toEqual(new Uint8Array([...bytes(5), ...bytes(5), ...bytes(5), ...bytes(5)]));
  });

  test('that is longer than it said is cancelled with the request', async () => {
    const watched = streamOf([bytes(5), bytes(5)], 'silence');
    const body = await prepareBody(watched.stream, 4, most, ignore);
    await (body.next() as ReadableStream<Uint8Array>).cancel();
    expect(watched.cancelled()).toBe(true);
  });

  test.each([
    ['breaks off', 'break'],
    ['ends early', 'end'],
  ] as const)('that %s is the client’s fault', async (_, ending) => {
    const failure = await Promise.resolve(prepareBody(streamOf([bytes(2)], ending).stream, 4, most, ignore)).catch(
      (error) => error,
    );
    expect(failure).toBeInstanceOf(Failure);
    expect(failure.code).toBe('bad_request');
  });
});
