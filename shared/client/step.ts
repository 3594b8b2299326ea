/** Identifies the client: its address, its place, and the public origin that it asks. */
import { createHeaderInterner, memoizeByHeaders } from '../cache/header-interner.ts';
import type { PublicOrigin, Settings } from '../config/settings.ts';
import { Failure } from '../errors.ts';
import type { HeaderSnapshot } from '../http/header-snapshot.ts';
import type { Ctx, Next, Step } from '../pipeline.ts';
import type { Arrival } from '../platform.ts';
import { devOverridesOf } from './dev-overrides.ts';
import { cloudfrontViewer, createHops, type Viewer } from './forwarded.ts';
import { createPublicHosts, withDefaultPort } from './public-hosts.ts';
import { requestIdOf } from './request-id.ts';

/** Twice what common origin servers accept (Node 16 KiB, NGINX 4 x 8 KiB), so that their own limit applies first. */
const maxHeaderBytes = 32 * 1024;

export function clientStep({ settings }: { settings: Settings }): Step {
  const publicOriginOf = createPublicHosts(settings.publicOrigins);
  const first = settings.publicOrigins[0] as PublicOrigin;
  const { cloudfrontSecret, proxies } = settings.trust;
  const hopsOf = createHops(proxies);
  const readRequestHeaders = createHeaderInterner();

  return (c, next) => {
    const fields = readRequestHeaders(c.env.headers);
    if (fields.bytes > maxHeaderBytes) throw new Failure('headers_too_large', 'request headers over the bound');
    c.env.fields = fields;
    if (cloudfrontSecret !== null) return proveAndContinue(c, fields, cloudfrontSecret, next);
    identify(c, fields, null);
    return next();
  };

  async function proveAndContinue(c: Ctx, fields: HeaderSnapshot, secret: string, next: Next): Promise<void> {
    identify(c, fields, await cloudfrontViewer(fields, secret));
    await next();
  }

  function identify(c: Ctx, fields: HeaderSnapshot, viewer: Viewer | null): void {
    const { arrival, trail } = c.env;
    const sent = clientHeadersOf(fields);
    const host = sent.host ?? new URL(c.req.url).host;
    const publicOrigin = publicOriginOf(host, arrival.scheme) ?? (isPlatformHost(host, arrival) ? first : null);
    if (!publicOrigin) throw new Failure('misdirected', 'host is not one of the public origins');

    const overrides = settings.devHeaders ? devOverridesOf(fields) : null;
    const arrived = arrival.peer(fields);
    const peer = overrides?.address ?? viewer?.address ?? arrived.address;
    const hops = hopsOf(peer, sent.forwardedFor);
    const uuid = trail.requestId;
    trail.requestId = requestIdOf(fields.get('x-request-id'), hops.forwardedFor.length > 0) ?? uuid;
    c.env.client = {
      now: c.env.startedAt + (overrides?.clockMs ?? 0),
      requestId: trail.requestId,
      uuid,
      address: hops.address,
      forwardedFor: hops.forwardedFor,
      place: overrides?.place ?? viewer?.place ?? arrived.place,
      publicOrigin,
      userAgent: sent.userAgent,
    };
  }
}

const isPlatformHost = (host: string, { platformHost }: Arrival): boolean =>
  platformHost !== null && (host === platformHost || host === withDefaultPort(platformHost, 'https'));

const clientHeadersOf = memoizeByHeaders((header) => ({
  host: header.get('host')?.toLowerCase() ?? null,
  forwardedFor: header.get('x-forwarded-for'),
  userAgent: header.get('user-agent') ?? '',
}));
