import { describe, expect, it } from 'vitest';
import {
  initialSecretState,
  judgeSecret,
  maxGraceUses,
  rotated,
  rotatedByPrivilege,
  type SecretState,
  type ShownSecret,
} from '../../../../shared/session/stored/rotation.ts';

const now = 1_000_000;
const graceMs = 30_000;
const ada = { userAgent: 'firefox', network: '203.0.113.0/24' };
const mallory = { userAgent: 'curl', network: '198.51.100.0/24' };
const parent: ShownSecret = { generation: 1, secretHash: 'one', by: ada };
const successor: ShownSecret = { generation: 2, secretHash: 'two', by: ada };
const chain = initialSecretState('one', now);
const next = rotated(chain, successor, now);
const judge = (of: SecretState, shown: ShownSecret, at = now) => judgeSecret(of, shown, graceMs, at);

describe('a secret that was rotated', () => {
  it('is good while nobody has used its successor, however old it is', () => {
    expect(judge(chain, parent, now + 3_600_000)).toEqual({ kind: 'current' });
  });
  it('gives way when its successor is used for the first time', () => {
    expect(judge(chain, successor)).toEqual({ kind: 'advance' });
    expect(judge(next, successor)).toEqual({ kind: 'current' });
  });
  it('is honoured a moment longer, from the same client', () => {
    expect(judge(next, parent, now + graceMs)).toEqual({ kind: 'grace' });
  });
  it('ends the family when it is shown after the grace', () => {
    expect(judge(next, parent, now + graceMs + 1)).toEqual({ kind: 'reuse', because: 'late' });
  });
  it('ends the family when another client shows it, even inside the grace', () => {
    expect(judge(next, { ...parent, by: mallory })).toEqual({ kind: 'reuse', because: 'other-client' });
    expect(judge(next, { ...parent, by: { ...ada, network: '198.51.100.0/24' } })).toEqual({
      kind: 'reuse',
      because: 'other-client',
    });
  });
  it('is exchanged at most twenty times, and served after that: a page may have more requests in flight', () => {
    expect(judge({ ...next, graceUses: maxGraceUses - 1 }, parent)).toEqual({ kind: 'grace' });
    const often = { ...next, graceUses: maxGraceUses };
    expect(judge(often, parent)).toEqual({ kind: 'served' });
    expect(judge(often, { ...parent, by: mallory })).toEqual({ kind: 'reuse', because: 'other-client' });
    expect(judge(often, parent, now + graceMs + 1)).toEqual({ kind: 'reuse', because: 'late' });
  });
  it('ends the family as a grandparent, grace or not', () => {
    const twice = rotated(next, { generation: 3, secretHash: 'three', by: ada }, now);
    expect(judge(twice, parent)).toEqual({ kind: 'reuse', because: 'older' });
  });
});

describe('a secret that a change of privilege put aside', () => {
  const stepped = rotatedByPrivilege(chain, 'fresh', now);
  it('is refused at once, and nobody is accused while requests may still be on their way', () => {
    expect(judge(stepped, parent)).toEqual({ kind: 'replaced' });
    expect(judge(stepped, parent, now + graceMs)).toEqual({ kind: 'replaced' });
  });
  it('is no reuse while its successor was not shown, for the reply that carried it may be lost', () => {
    expect(judge(stepped, parent, now + 3_600_000)).toEqual({ kind: 'replaced' });
  });
  it('is reuse when it comes later than that', () => {
    const known = { ...stepped, currentBy: ada };
    expect(judge(known, parent, now + graceMs)).toEqual({ kind: 'replaced' });
    expect(judge(known, parent, now + graceMs + 1)).toEqual({ kind: 'reuse', because: 'late' });
  });
  it('takes a successor that was handed out before it along', () => {
    expect(judge(stepped, successor)).toEqual({ kind: 'replaced' });
  });
});
