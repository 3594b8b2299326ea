/** The body of `POST {prefix}/api/v1/explain`, read strictly: every fault is a 400 that says what to correct. */
import { parseAddress } from '../../../client/address.ts';
import type { PublicOrigin } from '../../../config/settings.ts';
import type { JsonObject } from '../../../http/json.ts';
import type { GeoPoint } from '../../../platform.ts';
import { badRequest } from '../request.ts';

/** The request to explain. */
export interface ExplainInput {
  readonly method: string;
  readonly publicOrigin: PublicOrigin;
  /** As the URL standard normalises it. */
  readonly path: string;
  readonly headers: Headers;
  /** `null`: unknown. */
  readonly address: string | null;
  /** `null`: unknown. */
  readonly place: GeoPoint | null;
}

export type PublicOriginOf = (host: string, scheme: PublicOrigin['scheme']) => PublicOrigin | undefined;

const members = ['method', 'url', 'headers', 'ip', 'place'];
/** RFC 9110, section 5.6.2. */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/;

export function readExplainInput(body: JsonObject, publicOriginOf: PublicOriginOf): ExplainInput {
  const unknown = Object.keys(body).find((name) => !members.includes(name));
  if (unknown !== undefined) throw badRequest(`unknown member: write ${members.join(', ')}`);
  const { method = 'GET', ip = null, place = null } = body;
  if (typeof method !== 'string' || !token.test(method)) throw badRequest('method must be an HTTP method');
  if (ip !== null && (typeof ip !== 'string' || parseAddress(ip) === null)) {
    throw badRequest('ip must be an IP address, or null if it is unknown');
  }
  return {
    method,
    ...readUrl(body.url, publicOriginOf),
    headers: readHeaders(body.headers),
    address: ip,
    place: readPlace(place),
  };
}

function readUrl(url: unknown, publicOriginOf: PublicOriginOf): Pick<ExplainInput, 'publicOrigin' | 'path'> {
  const parsed = typeof url === 'string' && /^https?:\/\//i.test(url) && URL.canParse(url) ? new URL(url) : null;
  const publicOrigin = parsed && publicOriginOf(parsed.host, parsed.protocol === 'https:' ? 'https' : 'http');
  if (!parsed || !publicOrigin) throw badRequest('url must be an absolute URL of one of the public origins');
  return { publicOrigin, path: parsed.pathname };
}

function readHeaders(given: unknown): Headers {
  const headers = new Headers();
  if (given === undefined || given === null) return headers;
  const fault = badRequest('headers must be an object of header names, each once, and their values');
  if (typeof given !== 'object' || Array.isArray(given)) throw fault;
  for (const [name, value] of Object.entries(given)) {
    if (!token.test(name) || typeof value !== 'string' || headers.has(name)) throw fault;
    try {
      headers.set(name, value);
    } catch {
      throw fault;
    }
  }
  return headers;
}

function readPlace(given: unknown): GeoPoint | null {
  if (given === null) return null;
  const [latitude, longitude] = Array.isArray(given) && given.length === 2 ? (given as unknown[]) : [];
  if (!isDegrees(latitude, 90) || !isDegrees(longitude, 180)) {
    throw badRequest('place must be [latitude, longitude] in degrees, or null if it is unknown');
  }
  return { latitude, longitude };
}

const isDegrees = (value: unknown, max: number): value is number => typeof value === 'number' && Math.abs(value) <= max;
