/** One story, told in front of everything that the gateway can stand behind: Cloudflare, and each service of Lambda. */

import type { Service } from '../../tools/lambda-runtime/front.ts';
import { bodyOf, splitOnce, textIn } from '../../tools/lambda-runtime/function-url.ts';
import { throughDoor, type World, type WorldOptions } from './doors.ts';
import { functionUrl, httpApi, loadBalancer, restApi, type Teller } from './lambda-events.ts';

export interface Front {
  readonly name: string;
  /** The largest reply that it delivers; `null` when it streams. */
  readonly mostReplyBytes: number | null;
  /** The largest upload of anything but text. */
  readonly mostRequestBytes: number;
  /** What the gateway is shown of path and query: what the client wrote, or what that means. */
  readonly path: 'sent' | 'decoded';
  readonly query: 'sent' | 'decoded';
  readonly lambda: NonNullable<WorldOptions['lambda']> | null;
}

/** Lambda's 6 MB are JSON, and base64 in it. */
const buffered = { mostReplyBytes: 4_000_000, mostRequestBytes: 4_000_000 };
const asSent = { path: 'sent', query: 'sent' } as const;

const fronts: readonly Front[] = [
  { name: 'a Worker', mostReplyBytes: null, mostRequestBytes: 5_000_000, ...asSent, lambda: null },
  {
    name: 'a Function URL that streams',
    mostReplyBytes: null,
    mostRequestBytes: 4_000_000,
    ...asSent,
    lambda: { streamed: true },
  },
  { name: functionUrl.name, ...buffered, ...asSent, lambda: { streamed: false, service: serviceOf(functionUrl) } },
  {
    name: httpApi.name,
    ...buffered,
    path: 'decoded',
    query: 'decoded',
    lambda: { streamed: false, service: serviceOf(httpApi) },
  },
  {
    name: restApi.name,
    ...buffered,
    path: 'sent',
    query: 'decoded',
    lambda: { streamed: false, service: serviceOf(restApi) },
  },
  {
    name: loadBalancer.name,
    mostReplyBytes: 600_000,
    mostRequestBytes: 600_000,
    ...asSent,
    lambda: { streamed: false, service: serviceOf(loadBalancer) },
  },
];

/** Runs `tell` once per front; each has the whole gateway behind it, and origins of its own behind that. */
export function throughEveryFront(
  title: string,
  options: WorldOptions,
  tell: (world: World, front: Front) => void,
): void {
  for (const front of fronts) {
    const { lambda } = front;
    const door = lambda ? 'lambda' : 'worker';
    throughDoor(door, `${title} (${front.name})`, { ...options, ...(lambda && { lambda }) }, (world) =>
      tell(world, front),
    );
  }
}

/** The service whose words `teller` knows, on a port of this machine. */
function serviceOf(teller: Teller): Service {
  const fits = (value: unknown): boolean => Buffer.byteLength(JSON.stringify(value)) <= teller.mostJsonBytes;
  return {
    async eventOf(request) {
      const body = await bodyOf(request, teller.mostJsonBytes);
      if (body === null) return null;
      const [path = '/', query = ''] = splitOnce(request.url ?? '/', '?');
      const fields: [string, string][] = [];
      for (let i = 0; i < request.rawHeaders.length; i += 2) {
        fields.push([request.rawHeaders[i] as string, request.rawHeaders[i + 1] as string]);
      }
      // A REST API with `binaryMediaTypes: ['*/*']` makes base64 of everything.
      const text = teller === restApi ? null : textIn(body, request.headers);
      const sent = body.length === 0 ? null : (text ?? body);
      const event = teller.event({ method: request.method ?? 'GET', path, query, fields, body: sent }) as object;
      return fits(event) ? event : null;
    },
    replyOf(result) {
      if (!fits(result)) return null;
      const { status, fields, cookies, body } = teller.result(result);
      return { statusCode: status, headers: fields, cookies, body };
    },
  };
}
