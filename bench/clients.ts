/** The clients of a run: their requests, and how they get their cookies. */
import { request as send } from 'node:http';
import { publicHost, publicOrigin } from './gateway.ts';
import { ray } from './ray.ts';
import { cfHeader } from './workers.ts';

export type ClientState = 'stranger' | 'pinned' | 'signed-in';

/** `browsing`: goes from page to page and has a copy of each. The load generator writes a different ray into every request. */
export type ClientBehaviour = 'repeating' | 'browsing';

const browsingFields: readonly (readonly [string, string])[] = [
  ['Referer', `${publicOrigin}/orders/${ray}`],
  ['If-None-Match', `W/"400-${ray}"`],
];

/** The headers that a browser sends for a page and those that Cloudflare adds. No cache could answer this request. */
const browserFields: readonly (readonly [string, string])[] = [
  ['Host', publicHost],
  [
    'User-Agent',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0.0.0 Safari/537.36',
  ],
  ['Accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'],
  ['Accept-Language', 'de-DE,de;q=0.9,en;q=0.8'],
  ['Accept-Encoding', 'gzip, br'],
  ['Sec-Fetch-Dest', 'document'],
  ['Sec-Fetch-Mode', 'navigate'],
  ['Sec-Fetch-Site', 'same-origin'],
  ['Upgrade-Insecure-Requests', '1'],
  ['CF-Ray', `${ray}-FRA`],
  ['CF-Visitor', '{"scheme":"https"}'],
  ['CF-IPCountry', 'DE'],
  [cfHeader, JSON.stringify({ colo: 'FRA', country: 'DE', continent: 'EU', latitude: '52.52', longitude: '13.40' })],
];

/** A cookie of the application, which must pass. */
const applicationCookie = 'theme=dark';

const fieldsOf = (client: number, cookies: readonly string[]): readonly (readonly [string, string])[] => [
  ...browserFields,
  ['CF-Connecting-IP', `198.51.100.${client + 1}`],
  ['Cookie', [applicationCookie, ...cookies].join('; ')],
];

/** Lets each client get its cookies, and returns the bytes of its request. */
export function requestsOf(
  standing: ClientState,
  count: number,
  port: number,
  manner: ClientBehaviour = 'repeating',
): Promise<readonly string[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, client) => {
      const cookies = standing === 'stranger' ? [] : await cookiesOf(standing, client, port);
      const fields = [...fieldsOf(client, cookies), ...(manner === 'browsing' ? browsingFields : [])];
      const lines = fields.map(([name, value]) => `${name}: ${value}`);
      return `GET /orders/2026?page=2 HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
    }),
  );
}

function cookiesOf(standing: 'pinned' | 'signed-in', client: number, port: number): Promise<readonly string[]> {
  const [method, path] = standing === 'pinned' ? ['GET', '/'] : ['POST', '/login'];
  const wanted = standing === 'pinned' ? ['__Host-affinity'] : ['__Host-session', '__Host-affinity'];
  return new Promise((resolve, reject) => {
    const headers = Object.fromEntries(fieldsOf(client, []));
    const asked = send({ host: '127.0.0.1', port, method, path, headers, agent: false }, (reply) => {
      reply.resume();
      const cookies = (reply.headers['set-cookie'] ?? []).map((line) => line.split(';', 1)[0] as string);
      const missing = wanted.filter((name) => !cookies.some((cookie) => cookie.startsWith(`${name}=`)));
      if (reply.statusCode === 200 && missing.length === 0) resolve(cookies);
      else
        reject(new Error(`${method} ${path} gave ${reply.statusCode} without ${missing.join(' and ') || 'trouble'}`));
    });
    asked.on('error', reject);
    asked.end();
  });
}
