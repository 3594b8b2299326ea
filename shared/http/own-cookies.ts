/** Which cookies are the gateway's own: they never reach an origin, and no origin may set them. */
import type { Settings } from '../config/settings.ts';

const loginPrefix = '__Secure-login-';
const handoffNonce = '__Host-handoff';

export interface OwnCookies {
  /** By exact name, as browsers compare them. */
  has(name: string): boolean;
  /** A Cookie header without our pairs, the others byte for byte; `null` when nothing else was in it. */
  withoutOurs(header: string): string | null;
  /** Whether a Set-Cookie line would plant a cookie that we would take for our own. */
  isSetBy(line: string): boolean;
}

export function createOwnCookies({ session, pools }: Pick<Settings, 'session' | 'pools'>): OwnCookies {
  const ofPins = [...pools.values()].flatMap(({ affinity: { by } }) => (by.kind === 'cookie' ? [by.name] : []));
  const names = [...new Set([session.cookie.name, handoffNonce, ...ofPins])];
  const landmarks = [...names, loginPrefix];
  // Some hosts join two Cookie lines by a comma, as if they were any other list. Nothing in here can run over a comma, so
  // that no header takes longer to search than to read.
  const spelled = names.map((name) => name.replace(/[^A-Za-z0-9_-]/g, '\\$&')).join('|');
  const joinedOn = new RegExp(`,[ \\t]*(?:${spelled}|${loginPrefix}[^=;, \\t]*)[ \\t]*=.*$`);
  const has = (name: string): boolean => names.includes(name) || name.startsWith(loginPrefix);

  return {
    has,

    withoutOurs(header) {
      if (!landmarks.some((name) => header.includes(name))) return header;
      let kept: string | null = null;
      let end = -1;
      while (end < header.length) {
        const start = end + 1;
        const semicolon = header.indexOf(';', start);
        end = semicolon < 0 ? header.length : semicolon;
        const whole = header.slice(start, end);
        if (has(nameOf(whole))) continue;
        const pair = whole.includes(',') ? whole.replace(joinedOn, '') : whole;
        // The space after `;` belongs to the separator: without a pair before it there is nothing to separate.
        if (kept === null) kept = start === 0 ? pair : pair.trimStart();
        else kept += `;${pair}`;
      }
      return kept === null || holdsNothing.test(kept) ? null : kept;
    },

    isSetBy(line) {
      const end = line.indexOf(';');
      const pair = end < 0 ? line : line.slice(0, end);
      const name = nameOf(pair);
      // `=__Host-session=x` has no name, and some browsers send it back as if that were `__Host-session`.
      return has(name === '' ? nameOf(pair.slice(pair.indexOf('=') + 1)) : name);
    },
  };
}

const holdsNothing = /^[;\s]*$/;

function nameOf(pair: string): string {
  const end = pair.indexOf('=');
  return (end < 0 ? pair : pair.slice(0, end)).trim();
}
