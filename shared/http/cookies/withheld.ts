/**
 * Cookies that a browser holds and did not send, because another site caused the request (RFC 6265bis, section 5.8.3).
 * Who answers such a request with a new cookie puts it in the place of the good one: a browser takes it from the reply to a
 * form that another site posted, though it sent none along. Fetch Metadata says which requests these are; without it there
 * is nothing to go by.
 */
import type { SameSite } from '../../config/settings.ts';
import type { Fields } from '../headers.ts';
import { cookieValues } from './cookie-header.ts';

export interface OwnCookie {
  readonly name: string;
  readonly sameSite: SameSite;
}

export interface Withheld {
  /** It is about a key that sessions are bound to (W3C Device Bound Session Credentials): nothing begins beside that. */
  readonly isDeviceTraffic: boolean;
  /** Whether the client may hold a cookie of this name, though none came. */
  mayHold(name: string, method: string): boolean;
}

export function createWithheld(ours: readonly OwnCookie[]): (header: Fields) => Withheld {
  return (header) => {
    const isDeviceTraffic = header.has('sec-secure-session-id') || header.has('secure-session-response');
    if (header.get('sec-fetch-site') !== 'cross-site') return isDeviceTraffic ? deviceTraffic : nothing;
    const isNavigation = header.get('sec-fetch-mode') === 'navigate' && header.get('sec-fetch-dest') === 'document';
    const cookies = header.get('cookie');
    const [came, absent] = [[], []] as [OwnCookie[], OwnCookie[]];
    for (const one of ours) (cookieValues(cookies, one.name).length > 0 ? came : absent).push(one);
    const namesKept = (isTopLevelGet: boolean): readonly string[] => {
      const isKept = ({ sameSite }: OwnCookie): boolean =>
        sameSite === 'Strict' || (sameSite === 'Lax' && !isTopLevelGet);
      // Where one came that would have been kept, this client keeps none.
      return came.some(isKept) ? [] : absent.filter(isKept).map(({ name }) => name);
    };
    const [reading, other] = [namesKept(isNavigation), namesKept(false)];
    return {
      isDeviceTraffic,
      mayHold: (name, method) => (method === 'GET' || method === 'HEAD' ? reading : other).includes(name),
    };
  };
}

const mayHold = (): boolean => false;
const nothing: Withheld = { isDeviceTraffic: false, mayHold };
const deviceTraffic: Withheld = { isDeviceTraffic: true, mayHold };
