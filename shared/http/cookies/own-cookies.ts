/** The gateway's own cookies never reach an origin, and no origin may set them. */
import type { Settings } from '../../config/settings.ts';
import { type Piece, pastQuotes, piecesOf } from './cookie-header.ts';
import { readSetCookieLine } from './set-cookie-line.ts';

/** Reserved for login attempts with OIDC, which is not built yet. */
const loginPrefix = '__Secure-login-';
export const handoffNonce = '__Host-handoff';

export interface OwnCookies {
  /** By exact name, as browsers compare them. */
  has(name: string): boolean;
  /** A Cookie header without the gateway's cookies, the others byte for byte; `null` when there were no others. */
  withoutOurs(header: string): string | null;
  /** Whether the gateway would take the cookie of this Set-Cookie line for its own. */
  isSetBy(line: string): boolean;
}

export function createOwnCookies({ session, pools }: Pick<Settings, 'session' | 'pools'>): OwnCookies {
  const ofPins = [...pools.values()].flatMap(({ affinity: { by } }) => (by.kind === 'cookie' ? [by.name] : []));
  const names = [...new Set([session.cookie.name, handoffNonce, ...ofPins])];
  const landmarks = [...names, loginPrefix];
  const has = (name: string): boolean => names.includes(name) || name.startsWith(loginPrefix);

  return {
    has,

    withoutOurs(header) {
      if (!landmarks.some((name) => header.includes(name))) return header;
      const pieces = piecesOf(header);
      let kept: string | null = null;
      let isBesideOurs = false;
      for (let i = 0; i < pieces.length; i++) {
        const { start, end, name, valueAt, separator, isQuoted } = pieces[i] as Piece;
        if (has(name) && (separator === ';' || valueAt >= 0)) {
          // Removed even inside an application's quotes. The closing quote stays.
          if (isQuoted) kept = (kept ?? '') + fromQuote(header.slice(start, end));
          else i = pastQuotes(pieces, i) - 1;
          isBesideOurs = !isQuoted;
          continue;
        }
        const text = header.slice(start, end);
        if (isBesideOurs && separator === ',' && withoutBlanks(text) === '') continue;
        // The space after a separator goes with the separator.
        if (kept === null) kept = start === 0 ? text : withoutBlanks(text);
        else if (separator === ';') kept += `;${text}`;
        else kept += isBesideOurs ? `; ${withoutBlanks(text)}` : `,${text}`;
        isBesideOurs = false;
      }
      return kept === null || holdsNothing.test(kept) ? null : kept;
    },

    isSetBy(line) {
      const { name, value } = readSetCookieLine(line);
      // Some browsers send a cookie without a name, `=__Host-session=x`, back as `__Host-session=x`.
      return has(name === '' ? (value.split('=', 1)[0] as string).trim() : name);
    },
  };
}

const holdsNothing = /^[;\s]*$/;
const withoutBlanks = (text: string): string => text.replace(/^[ \t]+/, '');

function fromQuote(text: string): string {
  const at = text.indexOf('"');
  return at < 0 ? '' : text.slice(at);
}
