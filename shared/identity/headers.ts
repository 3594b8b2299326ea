/**
 * Plain identity headers, for origins that cannot verify an assertion: `forwarded` as OAuth2 Proxy writes them, `remote` as
 * Authelia does. They prove nothing: clients must have no way to the origin but through the gateway.
 */
import type { Settings } from '../config/settings.ts';
import type { Session } from '../session/session.ts';

export type IdentityHeaders = (session: Session) => readonly (readonly [name: string, value: string])[];

type Fact = 'user' | 'email' | 'name' | 'groups';

const presets: Readonly<Record<Exclude<Settings['identity']['headers'], 'none'>, Readonly<Record<Fact, string>>>> = {
  forwarded: {
    user: 'x-forwarded-user',
    email: 'x-forwarded-email',
    name: 'x-forwarded-preferred-username',
    groups: 'x-forwarded-groups',
  },
  remote: { user: 'remote-user', email: 'remote-email', name: 'remote-name', groups: 'remote-groups' },
};

/** Empty for an anonymous session. A value that a header cannot carry exactly is left out: a shortened name is another name. */
export function createIdentityHeaders(preset: Settings['identity']['headers']): IdentityHeaders {
  if (preset === 'none') return () => none;
  const names = presets[preset];
  const displayName = preset === 'forwarded' ? 'preferred_username' : 'name';

  return ({ subject, claims }) => {
    if (subject === null) return none;
    const facts: readonly (readonly [Fact, string | null])[] = [
      ['user', textOf(subject)],
      ['email', textOf(claims.email)],
      ['name', textOf(claims[displayName])],
      ['groups', listOf(claims.groups)],
    ];
    return facts.flatMap(([fact, value]) => (value === null ? [] : [[names[fact], value] as const]));
  };
}

const none: ReturnType<IdentityHeaders> = [];

/** Visible ASCII and inner spaces. Servers disagree on how to read every other character. */
const exact = /^[\u0021-\u007e](?:[\u0020-\u007e]*[\u0021-\u007e])?$/;

const textOf = (value: unknown): string | null => (typeof value === 'string' && exact.test(value) ? value : null);

/** Groups with a comma in their name are left out: one would be read as two. */
function listOf(value: unknown): string | null {
  if (!Array.isArray(value)) return null;
  const names = value.filter((name) => textOf(name) !== null && !name.includes(','));
  return names.length === 0 ? null : names.join(',');
}
