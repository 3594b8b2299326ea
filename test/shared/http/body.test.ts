import { expect, it } from 'vitest';
import { readText, readUpTo } from '../../../shared/http/body.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const streamOf = (...chunks: Uint8Array[]) => {
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const chunk = chunks.shift();
        if (chunk) controller.enqueue(chunk);
        else controller.close();
      },
      cancel: () => {
        cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { body, wasCancelled: () => cancelled };
};

it('no body is the empty text', async () => {
  expect(await readText(null, 10)).toEqual({ kind: 'text', text: '' });
});

it('a body is read from bytes and from a stream, and a letter may lie across two chunks', async () => {
  const whole = bytes('café');
  expect(await readText(whole, 10)).toEqual({ kind: 'text', text: 'café' });
  expect(await readText(streamOf(whole.slice(0, 4), whole.slice(4)).body, 10)).toEqual({ kind: 'text', text: 'café' });
});

it('a body at the bound is read, and one over it is given up without reading on', async () => {
  expect(await readText(bytes('x'.repeat(10)), 10)).toMatchObject({ kind: 'text' });
  expect(await readText(bytes('x'.repeat(11)), 10)).toEqual({ kind: 'too-large' });
  expect(await readText(streamOf(bytes('x'.repeat(10))).body, 10)).toMatchObject({ kind: 'text' });
  const long = streamOf(bytes('x'.repeat(6)), bytes('x'.repeat(6)), bytes('never asked for'));
  expect(await readText(long.body, 10)).toEqual({ kind: 'too-large' });
  expect(long.wasCancelled()).toBe(true);
});

it('what is not UTF-8 is not text', async () => {
  expect(await readText(new Uint8Array([0xff, 0xfe]), 10)).toEqual({ kind: 'not-text' });
});

it('a stream that is longer than the limit can be read on', async () => {
  const read = await readUpTo(streamOf(bytes('ab'), bytes('cd'), bytes('ef')).body, 3);
  expect(read.kind === 'more' && read.parts).toEqual([bytes('ab'), bytes('cd')]);
  expect(read.kind === 'more' && (await read.reader.read()).value).toEqual(bytes('ef'));
});
