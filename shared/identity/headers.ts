/**
 * Who the client is, for origins that cannot verify an assertion, under names they know already: `forwarded` as OAuth2
 * Proxy writes them, `remote` as Authelia does. They prove nothing by themselves; the origin must be reachable through the
 * gateway alone.
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

/** Empty for an anonymous session. What has no exact spelling in a header is left out: a name cut short is another name. */
export function createIdentityHeaders(preset: Settings['identity']['headers']): IdentityHeaders {
  if (preset === 'none') return () => nothing;
  const names = presets[preset];
  const displayName = preset === 'forwarded' ? 'preferred_username' : 'name';

  /** The same session is told of by the same list, so that who compares need not look into it. */
  const known = new WeakMap<Session, ReturnType<IdentityHeaders>>();
  return (session) => {
    const before = known.get(session);
    if (before !== undefined) return before;
    const headers = headersOf(session);
    known.set(session, headers);
    return headers;
  };

  function headersOf({ subject, claims }: Session): ReturnType<IdentityHeaders> {
    if (subject === null) return nothing;
    const facts: readonly (readonly [Fact, string | null])[] = [
      ['user', spelled(subject)],
      ['email', spelled(claims.email)],
      ['name', spelled(claims[displayName])],
      ['groups', listed(claims.groups)],
    ];
    return facts.flatMap(([fact, value]) => (value === null ? [] : [[names[fact], value] as const]));
  }
}

const nothing: ReturnType<IdentityHeaders> = [];

/** Visible ASCII, spaces inside only: every other character is read in more than one way on the wire. */
const exact = /^[\u0021-\u007e](?:[\u0020-\u007e]*[\u0021-\u007e])?$/;

const spelled = (value: unknown): string | null => (typeof value === 'string' && exact.test(value) ? value : null);

/** A group whose name has a comma would be read as two. */
function listed(value: unknown): string | null {
  if (!Array.isArray(value)) return null;
  const names = value.filter((name) => spelled(name) !== null && !name.includes(','));
  return names.length === 0 ? null : names.join(',');
}
