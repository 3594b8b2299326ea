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
});
