/** Who is asking? */
import { createHeaderInterner, memoizeByHeaders } from '../cache/header-interner.ts';
import type { PublicOrigin, Settings } from '../config/settings.ts';
import { Failure } from '../errors.ts';
import type { HeaderSnapshot } from '../http/header-snapshot.ts';
import type { Ctx, Step } from '../pipeline.ts';
import type { Arrival } from '../platform.ts';
import { pretenceOf } from './dev-overrides.ts';
import { cloudfrontViewer, createHops, type Viewer } from './forwarded.ts';
import { createPublicHosts, withDefaultPort } from './public-hosts.ts';
import { requestIdOf } from './request-id.ts';

/** Twice what common origin servers accept (Node 16 KiB, nginx 4 x 8 KiB), so that theirs is the limit that bites. */
const maxHeaderBytes = 32 * 1024;

export function clientStep({ settings }: { settings: Settings }): Step {
  const publicOriginOf = createPublicHosts(settings.publicOrigins);
  const first = settings.publicOrigins[0] as PublicOrigin;
  const { cloudfrontSecret, proxies } = settings.trust;
  const hopsOf = createHops(proxies);
  const readRequestHeaders = createHeaderInterner();

  return async (c, next) => {
    const fields = readRequestHeaders(c.env.headers);
    if (fields.bytes > maxHeaderBytes) throw new Failure('headers_too_large', 'request headers over the bound');
    c.env.fields = fields;
    identify(c, fields, cloudfrontSecret === null ? null : await cloudfrontViewer(fields, cloudfrontSecret));
    await next();
  };

  function identify(c: Ctx, fields: HeaderSnapshot, viewer: Viewer | null): void {
    const { arrival, trail } = c.env;
    const said = whatIsSaid(fields);
    const host = said.host ?? new URL(c.req.url).host;
    const publicOrigin = publicOriginOf(host, arrival.scheme) ?? (isPlatforms(host, arrival) ? first : null);
    if (!publicOrigin) throw new Failure('misdirected', 'host is not one of the public origins');

    const pretence = settings.devHeaders ? pretenceOf(fields) : null;
    const arrived = arrival.peer(fields);
    const peer = pretence?.address ?? viewer?.address ?? arrived.address;
    const hops = hopsOf(peer, said.forwardedFor);
    const uuid = trail.requestId;
    trail.requestId = requestIdOf(fields.get('x-request-id'), hops.forwardedFor.length > 0) ?? uuid;
    c.env.client = {
      now: c.env.startedAt + (pretence?.clockMs ?? 0),
      requestId: trail.requestId,
      uuid,
      address: hops.address,
      forwardedFor: hops.forwardedFor,
      place: pretence?.place ?? viewer?.place ?? arrived.place,
      publicOrigin,
      userAgent: said.userAgent,
    };
  }
}

const isPlatforms = (host: string, { platformHost }: Arrival): boolean =>
  platformHost !== null && (host === platformHost || host === withDefaultPort(platformHost, 'https'));

const whatIsSaid = memoizeByHeaders((header) => ({
  host: header.get('host')?.toLowerCase() ?? null,
  forwardedFor: header.get('x-forwarded-for'),
  userAgent: header.get('user-agent') ?? '',
}));
