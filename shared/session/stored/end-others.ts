/**
 * Ends all sessions of a subject but one. One write ends them all, this one too, so this one goes on under a new id, which
 * begins a moment later and keeps its end.
 *
 * The order: the new one is created first, so that a failed write loses no session. Then the old one is ended in favour of
 * it, by a fact that is written once: a sign-out of the old id before that ends the new one, and a later one follows it.
 */
import { reasonOf } from '../store/unavailable.ts';
import type { EndedOthers, Lifecycle } from '../strategy/lifecycle.ts';
import type { SessionEndings } from '../strategy/session-endings.ts';
import type { SessionLimit } from '../strategy/session-limit.ts';
import type { Credentials } from './cookie/credentials.ts';
import type { Creation } from './create.ts';
import type { Lookup } from './lookup.ts';
import { isEndedRecord } from './lookup.ts';
import type { StoredParts } from './parts.ts';
import { judgeSecret } from './rotation.ts';

export function createEndOthers(
  parts: StoredParts,
  {
    credentials,
    lookup,
    limit,
    creation,
    endings,
  }: {
    readonly credentials: Credentials;
    readonly lookup: Lookup;
    readonly limit: SessionLimit;
    readonly creation: Creation;
    readonly endings: SessionEndings;
  },
): NonNullable<Lifecycle['endOthers']> {
  const { settings, emit } = parts;

  return async ({ sessionId }, value, now): Promise<EndedOthers> => {
    const credential = await credentials.read(value);
    if (!credential) return { kind: 'ended' };
    const { subjectKey, secretHash, snapshot } = credential;
    const found = await lookup.load({ sessionId, subjectKey }, now);
    if (!found || isEndedRecord(found.record, parts, now)) return { kind: 'ended' };
    const { subject, claims, data, acr, amr, label, atLogin, authenticatedAt, chain } = found.content;
    if (subject === null || subjectKey === null) return { kind: 'ended' };
    const shown = { generation: snapshot.generation, secretHash, by: chain.currentBy ?? snapshot.atLogin };
    const { kind } = judgeSecret(chain, shown, settings.rotate.graceMs, now);
    if (kind === 'replaced' || kind === 'reuse') return { kind: 'ended' };

    const entries = await limit.list(subjectKey, now);
    const entry = entries.find((each) => each.sessionId === sessionId);
    // A clock may be ahead of this one.
    const notBefore = Math.max(now, found.record.createdAt, ...entries.map(({ createdAt }) => createdAt));
    const begun = await creation.createSession({
      identity: { subject, claims, data, acr, amr, label },
      data,
      client: atLogin,
      device: entry?.label ?? '',
      now,
      after: notBefore,
      authenticatedAt,
      endsAt: found.record.endsAt,
      replaces: sessionId,
    });
    if (begun.kind === 'full') return { kind: 'ended' };
    if (begun.kind !== 'begun') return begun;
    if (!(await endings.replace(sessionId, begun.session.sessionId, now))) return { kind: 'ended' };
    try {
      await endings.endSubjectUpTo(subjectKey, notBefore, now);
    } catch (error) {
      return { ...begun, kind: 'unfinished', because: reasonOf(error) };
    }
    emit({ event: 'session-ended-everywhere', sessionId });
    return { ...begun, kind: 'changed' };
  };
}
