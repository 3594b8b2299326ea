/**
 * The app's own login: a form, a few users, and the one thing this app knows of Berth, a reply header that says
 * who has just signed in.
 */
export interface User {
  readonly name: string;
  readonly role: 'customer' | 'operator';
}

export const users: Readonly<Record<string, User>> = {
  ada: { name: 'Ada Lovelace', role: 'customer' },
  grace: { name: 'Grace Hopper', role: 'operator' },
  linus: { name: 'Linus Pauling', role: 'customer' },
};

/** A demo has nothing to protect: one password for all, shown in the form. */
export const demoPassword = 'berth';

export function checkPassword(username: string, password: string): User | null {
  if (!Object.hasOwn(users, username) || password !== demoPassword) return null;
  return users[username] ?? null;
}

/** The headers that begin the session: a command, and the proof that it is this origin's own. */
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

/** Where to go after signing in: a path of this site, or `/` for anything that would lead elsewhere. */
export function safeReturnTo(wanted: string | null, publicOrigin: string): string {
  const url = URL.parse(wanted ?? '/', publicOrigin);
  if (!url || url.origin !== publicOrigin) return '/';
  // `/..//evil.example` normalises to `//evil.example`, which a browser reads as another host.
  return url.pathname.startsWith('//') ? '/' : url.pathname + url.search + url.hash;
}
