/** Whether a session is used by the client it began with, and what follows if not. */
import type { BindingMode, SessionSettings } from '../../config/settings.ts';
import type { Fingerprint } from './fingerprint.ts';

export type BindingVerdict =
  | { readonly kind: 'same' }
  /** `strict`: a new login is required. Otherwise the change is only logged. */
  | { readonly kind: 'changed'; readonly what: readonly ('user-agent' | 'network')[]; readonly strict: boolean };

const same: BindingVerdict = { kind: 'same' };

/** A part that was unknown at the login, or is unknown now, is not compared. */
export function judgeBinding(
  atLogin: Fingerprint,
  fingerprint: () => Fingerprint,
  settings: SessionSettings['binding'],
): BindingVerdict {
  if (settings.userAgent === 'off' && settings.network === 'off') return same;
  const current = fingerprint();
  const differs = (mode: BindingMode, part: keyof Fingerprint): boolean =>
    mode !== 'off' && atLogin[part] !== '' && current[part] !== '' && atLogin[part] !== current[part];
  const byUserAgent = differs(settings.userAgent, 'userAgent');
  const byNetwork = differs(settings.network, 'network');
  if (!byUserAgent && !byNetwork) return same;
  return {
    kind: 'changed',
    what: [...(byUserAgent ? ['user-agent' as const] : []), ...(byNetwork ? ['network' as const] : [])],
    strict: (byUserAgent && settings.userAgent === 'strict') || (byNetwork && settings.network === 'strict'),
  };
}
