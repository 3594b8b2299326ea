/**
 * Cookies that a browser holds but did not send, because another site caused the request (RFC 6265bis, section 5.8.3). The
 * reply to such a request must not set a new cookie: the browser would accept it, even in reply to a form that another site
 * posted, and lose the good one. Fetch Metadata tells which requests these are. Without it none counts as one.
 */
import type { SameSite } from '../../config/settings.ts';
import type { Fields } from '../headers.ts';
import { cookieValues } from './cookie-header.ts';

export interface OwnCookie {
  readonly name: string;
  readonly sameSite: SameSite;
}

export interface Withheld {
  /** It is part of W3C Device Bound Session Credentials: no session begins with such a request. */
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
    const withheldNames = (isTopLevelGet: boolean): readonly string[] => {
      const isWithheld = ({ sameSite }: OwnCookie): boolean =>
        sameSite === 'Strict' || (sameSite === 'Lax' && !isTopLevelGet);
      // One that would have been withheld was sent, so this client withholds none.
      return came.some(isWithheld) ? [] : absent.filter(isWithheld).map(({ name }) => name);
    };
    const [safe, other] = [withheldNames(isNavigation), withheldNames(false)];
    return {
      isDeviceTraffic,
      mayHold: (name, method) => (method === 'GET' || method === 'HEAD' ? safe : other).includes(name),
    };
  };
}

const mayHold = (): boolean => false;
const nothing: Withheld = { isDeviceTraffic: false, mayHold };
const deviceTraffic: Withheld = { isDeviceTraffic: true, mayHold };
