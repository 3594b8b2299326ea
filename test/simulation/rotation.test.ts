import { describe, expect, it } from 'vitest';
import { minuteMs, someClient } from '../support/session-parts.ts';
import { ask, openWorld, rotationEveryMs, signIn, simulate } from './browsers.ts';

/** The whole of it: SIMULATED_SESSIONS=4000. Here as many as fit into a few seconds. */
const sessions = Number(process.env.SIMULATED_SESSIONS ?? 100);

describe('forty rotations on a bad line', () => {
  it('log nobody out: six requests at once, slow origins, lost replies, several isolates', async () => {
    const outcome = await simulate({ sessions, rotations: 40, parallel: 6, lost: 0.005, seed: 1000 });
    expect(outcome).toMatchObject({ sessions, wronglyEnded: 0, reuse: [] });
    // The story was told at all: the secrets did rotate, and replies did get lost.
    expect(outcome.rotations).toBeGreaterThan(sessions * 20);
    expect(outcome.lostReplies).toBeGreaterThan(0);
  }, 900_000);
});

describe('a thief with a copy of the cookie', () => {
  const startsAt = Date.UTC(2026, 0, 1, 12);
  /** The owner goes on until the copied secret has a successor in use. */
  async function stolen() {
    const world = openWorld();
    const [here, there] = world.strategies as [(typeof world.strategies)[0], (typeof world.strategies)[0]];
    const { value } = await signIn(world, startsAt, 'ada');
    const due = startsAt + rotationEveryMs;
    const next = async (of: string, now: number) => {
      const told = await (await ask(here, of, now, someClient)).reply(0);
      return told.value ?? of;
    };
    const successor = await next(value, due);
    const used = await next(successor, due + 1_000);
    return { world, here, there, copy: value, owner: used, at: due + 1_000 };
  }
  const kinds = (world: Awaited<ReturnType<typeof stolen>>['world']) =>
    world.events.flatMap((event) => (event.event === 'session-reuse' ? [event.because] : []));

  it('is found out when the copy comes too late, and the family ends for both', async () => {
    const { world, here, there, copy, owner, at } = await stolen();
    expect((await ask(there, copy, at + 31_000, someClient)).kind).toBe('rejected');
    expect(kinds(world)).toEqual(['late']);
    expect((await ask(here, owner, at + 2 * minuteMs, someClient)).kind).toBe('rejected');
  });

  it('is found out within the grace when it is another client', async () => {
    const { world, here, there, copy, owner, at } = await stolen();
    const mallory = { userAgent: 'curl', network: '198.51.100.0/24' };
    expect((await ask(there, copy, at + 1_000, mallory)).kind).toBe('rejected');
    expect(kinds(world)).toEqual(['other-client']);
    expect((await ask(here, owner, at + 2 * minuteMs, someClient)).kind).toBe('rejected');
  });

  it('is given the successor twenty times within the grace, as the same client, and no more', async () => {
    const { world, there, copy, at } = await stolen();
    const given = async (i: number) => {
      const asked = await ask(there, copy, at + i, someClient);
      expect(asked.kind).toBe('active');
      return (await asked.reply(0)).value;
    };
    for (let i = 0; i < 20; i++) expect(await given(i)).not.toBeNull();
    // A page with more requests in flight is no theft: they are served.
    for (let i = 20; i < 60; i++) expect(await given(i)).toBeNull();
    expect(kinds(world)).toEqual([]);
  });

  it('is not handed the successor for a copy that is still fresh', async () => {
    const world = openWorld();
    const [here, there] = world.strategies as [(typeof world.strategies)[0], (typeof world.strategies)[0]];
    const due = startsAt + rotationEveryMs;
    let { value } = await signIn(world, startsAt, 'ada');
    // A copy that has just asked the authority: nothing but the rotation makes it ask again.
    value = (await (await ask(here, value, due - 1_000, someClient)).reply(0)).value ?? value;
    const copy = value;
    value = (await (await ask(here, value, due, someClient)).reply(0)).value as string;
    expect((await ask(here, value, due + 1_000, someClient)).kind).toBe('active');
    expect((await ask(there, copy, due + 32_000, someClient)).kind).toBe('rejected');
    expect(kinds(world)).toEqual(['late']);
  });
});
