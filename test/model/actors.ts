/** What clients and services do while others do something else: each a request or two, by the code that serves them. */
import { identityOf } from '../support/session-parts.ts';
import type { Act } from './sessions-model.ts';

const asksTheAuthority = { freshnessMs: 0, touch: true };
const aMomentMs = 1_000;

/** Two requests one after the other: the first is noted as activity and given a successor, the second shows it. */
export const visit: Act = async ({ request, keep, held, at }) => {
  const first = request(held.value, at);
  await first.authenticate(asksTheAuthority);
  const next = keep(first, held);
  const second = request(next.value, at + aMomentMs);
  await second.authenticate(asksTheAuthority);
  keep(second, next);
};

/**
 * A tab of the one browser: a request takes the cookie that is there when it is sent, and its reply puts its own in,
 * whenever it arrives.
 */
const tabThatAsks =
  (times: number): Act =>
  async ({ request, keep, openJar, fillJar, travel, at }) => {
    for (let n = 0; n < times; n++) {
      if (n > 0) await travel('click');
      const sent = openJar();
      const one = request(sent.value, at + n * aMomentMs);
      await one.authenticate(asksTheAuthority);
      await one.confirmBeforeReply();
      await travel('reply arrives');
      const next = keep(one, sent);
      if (next !== sent) fillJar(next);
    }
  };
export const tab: Act = tabThatAsks(2);
/** A tab with a click on "sign out everywhere else". */
export const tabThatEndsOthers: Act = async ({ request, keep, openJar, fillJar, travel, at }) => {
  const sent = openJar();
  const one = request(sent.value, at);
  await one.authenticate(asksTheAuthority);
  await one.endOthers();
  await one.confirmBeforeReply();
  await travel('reply arrives');
  const next = keep(one, sent);
  if (next !== sent) fillJar(next);
};
export const busyTab: Act = tabThatAsks(4);
export const glance: Act = tabThatAsks(1);

export const touch: Act = async ({ request, keep, held, at }) => {
  const one = request(held.value, at);
  await one.authenticate(asksTheAuthority);
  keep(one, held);
};

export const save: Act = async ({ request, keep, held, at }) => {
  const one = request(held.value, at);
  await one.authenticate(asksTheAuthority);
  await one.update({ cart: 2 }, null);
  keep(one, held);
};

/** By id, as the service API does. */
export const saveByService: Act = async ({ strategy, held, at }) => {
  await strategy.records?.patch(held.session.sessionId, { note: 'seen' }, null, at);
};

/** A change of privilege: the value before it is dead when this returns. */
export const rotate: Act = async ({ request, keep, held, at, ended }) => {
  const one = request(held.value, at);
  const before = await one.authenticate(asksTheAuthority);
  if (before.kind !== 'active') return;
  const changed = await one.rotate();
  keep(one, held);
  if (changed.kind === 'changed') ended({ kind: 'value', value: held.value });
};

export const logout: Act = async ({ request, held, at, ended }) => {
  await request(held.value, at).end('current');
  ended({ kind: 'family', sessionId: held.session.sessionId });
};

export const logoutEverywhere: Act = async ({ request, held, at, ended }) => {
  await request(held.value, at).end('all');
  ended({ kind: 'subject', subject: held.session.subject as string, at });
  ended({ kind: 'family', sessionId: held.session.sessionId });
};

export const endEveryone: Act = async ({ strategy, at, ended }) => {
  await strategy.endEveryone?.(at);
  ended({ kind: 'everyone', at });
};

/** "All but this one": it lives on as another family, which begins a moment later. */
export const endOthers: Act = async ({ request, keep, succeeds, held, at, ended }) => {
  const one = request(held.value, at);
  await one.authenticate(asksTheAuthority);
  const changed = await one.endOthers();
  succeeds(keep(one, held), held);
  if (changed?.kind === 'changed') ended({ kind: 'subject', subject: held.session.subject as string, at });
};

/** Signs in again in the same browser: what it held before is over when this returns. */
export const login: Act = async ({ request, keep, held, at, ended }) => {
  const one = request(held.value, at);
  const begun = await one.begin(identityOf());
  keep(one, held);
  if (begun.kind === 'begun') ended({ kind: 'family', sessionId: held.session.sessionId });
};

/** Signs in with another device, which held nothing before. */
export const loginElsewhere: Act = async ({ request, keep, held, at }) => {
  const one = request(null, at);
  await one.begin(identityOf());
  keep(one, held);
};

/** A service signs the subject out: one write. */
export const endSubject: Act = async ({ strategy, held, at, ended }) => {
  const subject = held.session.subject as string;
  await strategy.endSubject?.(subject, at);
  ended({ kind: 'subject', subject, at });
};

/** A thief, or a tab that comes late: tries whatever had been given out and is over by now, one after the other. */
export const comeLate: Act = async ({ request, overByNow, complain, at }) => {
  for (const held of overByNow()) {
    const recognised = await request(held.value, at + aMomentMs).authenticate(asksTheAuthority);
    if (recognised.kind !== 'rejected') complain(`was ${recognised.kind}: recognised, though it asked after the end`);
  }
};

/** With several regions a replaced secret is no promise: the later of two writes to one record wins as a whole. */
export const rotateAcross: Act = (tools) => rotate({ ...tools, ended: () => {} });
