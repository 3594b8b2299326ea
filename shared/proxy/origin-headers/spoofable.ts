/** Which request headers must never come from a client, because an origin would take them for the gateway's own word. */
import { developmentHeaders } from '../../client/dev-overrides.ts';
import type { Pool, Settings } from '../../config/settings.ts';
import { hopByHop } from '../../http/headers.ts';

/** Between gateway and origin only; a reply's go no further than the gateway either. */
export const sessionHeaders: ReadonlySet<string> = new Set([
  'session-status',
  'session-assertion',
  'session-affinity',
  'session-issue',
  'session-update',
  'session-rotate',
  'session-end',
  'session-origin-token',
  'session-explain',
  'session-explained',
  'session-authz-token',
  'session-renewed',
]);

const exact: ReadonlySet<string> = new Set([
  ...hopByHop,
  ...sessionHeaders,
  // Made anew for every origin.
  ...['host', 'forwarded', 'via', 'cdn-loop', 'x-request-id', 'traceparent', 'tracestate'],
  // 100-continue was answered at the door, where the body was taken in (RFC 9110, section 10.1.1).
  'expect',
  // Where applications look for the client's address when they look in the wrong place.
  ...['x-real-ip', 'true-client-ip', 'x-client-ip', 'x-cluster-client-ip'],
  // `x-original-url`'s twin; and httpoxy: CGI makes HTTP_PROXY of `Proxy`.
  ...['x-rewrite-url', 'proxy'],
  // Presets of other gateways, and ours: an origin that knows them believes them.
  ...['remote-user', 'remote-email', 'remote-name', 'remote-groups', 'x-remote-user', 'x-webauth-user'],
  // Ours alone: the proof towards CloudFront, and the development headers.
  ...['x-edge-secret', ...developmentHeaders],
]);

const prefixes: readonly string[] = [
  'x-forwarded',
  'x-original-',
  'client-cert',
  'x-auth-request-',
  'x-amzn-oidc-',
  // What CloudFront and Cloudflare say of the viewer is true only where they are in front; anybody can write it elsewhere.
  'cloudfront-',
  'cf-',
];

/** On Workers, Cloudflare writes these over whatever the client sent, and origins behind it expect them. */
const writtenByCloudflare: ReadonlySet<string> = new Set(['cf-connecting-ip', 'cf-ipcountry', 'cf-ray', 'cf-visitor']);

/** As servers that follow CGI read a name: they make `_` of every sign; `-` stands for all of them here. In lower case. */
export const foldName = (name: string): string => name.replace(/[^a-z0-9]/g, '-');

/** Real names of one length are far fewer; whoever makes names up cannot fill the memory. */
const mostOfOneLength = 32;
const longestRemembered = 40;

/**
 * Judged once per name and isolate: the same few come every time. Every name is a new string, which V8 has to enter into
 * a table of its own before it finds it in a `Map`; to compare it with the few of its length costs a tenth of that.
 */
export function rememberedByName(judge: (name: string) => boolean): (name: string) => boolean {
  const byLength = Array.from({ length: longestRemembered + 1 }, () => ({
    names: [] as string[],
    verdicts: [] as boolean[],
  }));
  return (name) => {
    const known = byLength[name.length];
    if (known === undefined) return judge(name);
    const at = known.names.indexOf(name);
    if (at >= 0) return known.verdicts[at] as boolean;
    const verdict = judge(name);
    if (known.names.length < mostOfOneLength) {
      known.names.push(name);
      known.verdicts.push(verdict);
    }
    return verdict;
  };
}

/** Answers for names in lower case, as Headers give them. */
export function createSpoofable({ door, pools }: Pick<Settings, 'door' | 'pools'>): (name: string) => boolean {
  const pinHeaders = pinHeaderNames(pools.values());

  return rememberedByName((name) => {
    if (door === 'worker' && writtenByCloudflare.has(name)) return false;
    const read = foldName(name);
    return exact.has(read) || pinHeaders.has(read) || prefixes.some((prefix) => read.startsWith(prefix));
  });
}

/** Headers that carry a sealed pin: between client and gateway only. A `wrap` or `hash` header is the application's own. */
export function pinHeaderNames(pools: Iterable<Pool>): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { affinity } of pools) {
    if (affinity.by.kind === 'header' && affinity.by.value === 'pin')
      names.add(foldName(affinity.by.name.toLowerCase()));
  }
  return names;
}
