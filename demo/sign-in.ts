/** The app's own login: a form, a few users, and the response header that tells Berth who has just signed in. */
export interface User {
  readonly name: string;
  readonly role: 'customer' | 'operator';
}

export const users: Readonly<Record<string, User>> = {
  ada: { name: 'Ada Lovelace', role: 'customer' },
  grace: { name: 'Grace Hopper', role: 'operator' },
  linus: { name: 'Linus Pauling', role: 'customer' },
};

/** All users of the demo have the same password, which the form shows. */
export const demoPassword = 'berth';

export function checkPassword(username: string, password: string): User | null {
  if (!Object.hasOwn(users, username) || password !== demoPassword) return null;
  return users[username] ?? null;
}

/** The headers that begin the session: the command, and the proof that it comes from this origin. */
export function issueHeaders(username: string, user: User, token: string): Record<string, string> {
  const identity = {
    sub: username,
    claims: { name: user.name, role: user.role },
    data: { signed_in_with: 'the demo’s own form' },
  };
  return {
    'Session-Issue': Buffer.from(JSON.stringify(identity)).toString('base64url'),
    'Session-Origin-Token': token,
  };
}

/** Where to go after signing in: a path of this site, or `/` if the target is elsewhere. */
export function safeReturnTo(wanted: string | null, publicOrigin: string): string {
  const url = URL.parse(wanted ?? '/', publicOrigin);
  if (!url || url.origin !== publicOrigin) return '/';
  // `/..//evil.example` is normalised to `//evil.example`, which browsers read as another host.
  return url.pathname.startsWith('//') ? '/' : url.pathname + url.search + url.hash;
}
