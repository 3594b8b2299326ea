/** Data residency: a claim of the session limits the regions that may serve it (`residencyClaim`). */
import type { SessionState } from '../../session/session.ts';

/** The regions that may serve this session, or `null` for any: a claim that is neither a name nor a list limits nothing. */
export function residencyOf(recognition: SessionState, claim: string): readonly string[] | null {
  if (recognition.kind !== 'active') return null;
  const { claims } = recognition.session;
  const value = Object.hasOwn(claims, claim) ? claims[claim] : undefined;
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((region) => typeof region === 'string') : null;
}
