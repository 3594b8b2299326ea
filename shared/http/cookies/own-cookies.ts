/** Which cookies are the gateway's own: they never reach an origin, and no origin may set them. */
import type { Settings } from '../../config/settings.ts';
import { type Piece, pastQuotes, piecesOf } from './cookie-header.ts';

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
  const has = (name: string): boolean => names.includes(name) || name.startsWith(loginPrefix);

  return {
    has,

    withoutOurs(header) {
      if (!landmarks.some((name) => header.includes(name))) return header;
      const pieces = piecesOf(header);
      let kept: string | null = null;
      let isBesideOurs = false;
      for (let i = 0; i < pieces.length; i++) {
        const { start, end, name, valueAt, behind, isQuoted } = pieces[i] as Piece;
        if (has(name) && (behind === ';' || valueAt >= 0)) {
          // Inside an application's quotes it goes too, and the closing quote stays.
          if (isQuoted) kept = (kept ?? '') + fromQuote(header.slice(start, end));
          else i = pastQuotes(pieces, i) - 1;
          isBesideOurs = !isQuoted;
          continue;
        }
        const text = header.slice(start, end);
        if (isBesideOurs && behind === ',' && withoutBlanks(text) === '') continue;
        // The space after a separator belongs to it: without a pair before it there is nothing to separate.
        if (kept === null) kept = start === 0 ? text : withoutBlanks(text);
        else if (behind === ';') kept += `;${text}`;
        else kept += isBesideOurs ? `; ${withoutBlanks(text)}` : `,${text}`;
        isBesideOurs = false;
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
const withoutBlanks = (text: string): string => text.replace(/^[ \t]+/, '');

function fromQuote(text: string): string {
  const at = text.indexOf('"');
  return at < 0 ? '' : text.slice(at);
}

function nameOf(pair: string): string {
  const end = pair.indexOf('=');
  return (end < 0 ? pair : pair.slice(0, end)).trim();
}
