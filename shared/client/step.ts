/** Who is asking? */
import type { PublicOrigin, Settings } from '../config/settings.ts';
import { Failure } from '../errors.ts';
import { headerBytes } from '../http/headers.ts';
import { wantsPage } from '../http/navigation.ts';
import type { Step } from '../pipeline.ts';
import type { Platform } from '../platform.ts';
import { pretenceOf } from './development.ts';
import { cloudfrontViewer, hopsOf } from './forwarded.ts';
import { requestIdOf } from './request-id.ts';

/** Twice what common origin servers accept (Node 16 KiB, nginx 4 x 8 KiB), so that theirs is the limit that bites. */
const mostHeaderBytes = 32 * 1024;

export function clientStep({ settings, platform }: { settings: Settings; platform: Platform }): Step {
  const byHost = new Map(settings.publicOrigins.map((origin) => [origin.host, origin]));
  const first = settings.publicOrigins[0] as PublicOrigin;

  return {
    async there(c) {
      const { headers } = c.req.raw;
      const arrival = c.env.arrival;
      if (headerBytes(headers) > mostHeaderBytes)
        throw new Failure('headers_too_large', 'request headers over the bound');

      const host = (headers.get('host') ?? c.env.url.host).toLowerCase();
      const publicOrigin = byHost.get(host) ?? (host === arrival.platformHost ? first : null);
      if (!publicOrigin) throw new Failure('misdirected', 'host is not one of the public origins');

      const viewer = await cloudfrontViewer(headers, settings.trust.cloudfrontSecret);
      const pretence = settings.devHeaders ? pretenceOf(headers) : null;
      const peer = pretence?.address ?? viewer?.address ?? arrival.peerAddress;
      const hops = hopsOf(peer, headers.get('x-forwarded-for'), settings.trust.proxies);

      const requestId = requestIdOf(headers.get('x-request-id'), hops.address !== peer) ?? c.env.trail.requestId;
      c.env.trail.requestId = requestId;
      c.env.client = {
        now: platform.now() + (pretence?.clockMs ?? 0),
        requestId,
        address: hops.address,
        forwardedFor: hops.forwardedFor,
        place: pretence?.place ?? viewer?.place ?? arrival.place,
        publicOrigin,
        isNavigation: wantsPage(headers),
        userAgent: headers.get('user-agent') ?? '',
      };
      return undefined;
    },
  };
}
