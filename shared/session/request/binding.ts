/** Whether a session is still used by the client it was begun with, and what follows if it is not. */
import type { BindingMode, SessionSettings } from '../../config/settings.ts';
import type { Fingerprint } from './fingerprint.ts';

export type BindingVerdict =
  | { readonly kind: 'same' }
  /** `strict`: a new login is asked for; else an event is told and nothing else happens. */
  | { readonly kind: 'changed'; readonly what: readonly ('user-agent' | 'network')[]; readonly strict: boolean };

const same: BindingVerdict = { kind: 'same' };

/** A fingerprint that could not be taken, then or now, binds nothing. */
export function judgeBinding(
  atLogin: Fingerprint,
  fingerprint: () => Fingerprint,
  settings: SessionSettings['binding'],
): BindingVerdict {
  if (settings.userAgent === 'off' && settings.network === 'off') return same;
  const today = fingerprint();
  const differs = (mode: BindingMode, part: keyof Fingerprint): boolean =>
    mode !== 'off' && atLogin[part] !== '' && today[part] !== '' && atLogin[part] !== today[part];
  const byUserAgent = differs(settings.userAgent, 'userAgent');
  const byNetwork = differs(settings.network, 'network');
  if (!byUserAgent && !byNetwork) return same;
  return {
    kind: 'changed',
    what: [...(byUserAgent ? ['user-agent' as const] : []), ...(byNetwork ? ['network' as const] : [])],
    strict: (byUserAgent && settings.userAgent === 'strict') || (byNetwork && settings.network === 'strict'),
  };
}
