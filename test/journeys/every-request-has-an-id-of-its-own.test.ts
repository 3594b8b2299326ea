import { expect, it } from 'vitest';
import { throughBothDoors } from '../support/doors.ts';

throughBothDoors('every request has an id of its own', {}, (world) => {
  const seenOn = (path: string) =>
    Object.values(world.origins)
      .flatMap(({ seen }) => seen)
      .filter(({ url }) => url.startsWith(path));

  it('also when a signed-in client asks the same ten times at once, and the origin is told the one that the client is', async () => {
    const client = world.client();
    await client.ask('/login', { form: { user: 'ada' } });
    await client.ask('/same');
    const replies = await Promise.all(Array.from({ length: 10 }, (_, i) => client.ask(`/same?n=${i}`)));
    const told = replies.map((reply, i) => [i, reply.header('x-request-id')]);
    expect(new Set(told.map(([, id]) => id)).size).toBe(10);
    const heard = replies.map((_, i) => [i, seenOn(`/same?n=${i}`)[0]?.headers['x-request-id']]);
    expect(heard).toEqual(told);
    const spans = replies.map((_, i) => seenOn(`/same?n=${i}`)[0]?.headers.traceparent);
    expect(new Set(spans).size).toBe(10);
  });

  it('and every id that came with a request is the one that the origin is told of it', async () => {
    const client = world.client();
    await client.ask('/login', { form: { user: 'ada' } });
    const trace = (i: number) => String(i).repeat(32);
    const idsOf = (i: number) => ({
      'x-correlation-id': `order-${i}`,
      traceparent: `00-${trace(i)}-00f067aa0ba902b7-01`,
      ...(i % 2 === 0 && { tracestate: `a=${i}` }),
    });
    const numbers = Array.from({ length: 9 }, (_, i) => i + 1);
    await client.ask('/ids', { headers: idsOf(0) });
    await Promise.all(numbers.map((i) => client.ask(`/ids?n=${i}`, { headers: idsOf(i) })));
    const heard = numbers.map((i) => {
      const { headers } = seenOn(`/ids?n=${i}`)[0] ?? { headers: {} as Record<string, string | undefined> };
      return [headers['x-correlation-id'], String(headers.traceparent).split('-')[1], headers.tracestate];
    });
    expect(heard).toEqual(numbers.map((i) => [`order-${i}`, trace(i), i % 2 === 0 ? `a=${i}` : undefined]));
  });

  it('and so is the page that a request came from, and the copy that is held of the next', async () => {
    const client = world.client();
    await client.ask('/login', { form: { user: 'ada' } });
    const saidOn = (i: number) => ({
      referer: `http://localhost:8787/pages/${i}`,
      'if-none-match': `"${i}"`,
      ...(i % 2 === 0 && { range: `bytes=${i}-` }),
    });
    const numbers = Array.from({ length: 9 }, (_, i) => i + 1);
    await client.ask('/pages', { headers: saidOn(0) });
    await Promise.all(numbers.map((i) => client.ask(`/pages?n=${i}`, { headers: saidOn(i) })));
    const heard = numbers.map((i) => {
      const { headers } = seenOn(`/pages?n=${i}`)[0] ?? { headers: {} as Record<string, string | undefined> };
      return { referer: headers.referer, 'if-none-match': headers['if-none-match'], range: headers.range };
    });
    expect(heard).toEqual(numbers.map((i) => ({ range: undefined, ...saidOn(i) })));
  });

  it('and a trace that begins here is found by the id that the client was given', async () => {
    const client = world.client();
    const id = (await client.ask('/traced')).header('x-request-id') ?? '';
    expect(String(seenOn('/traced')[0]?.headers.traceparent).split('-')[1]).toBe(id.replaceAll('-', ''));
  });
});
