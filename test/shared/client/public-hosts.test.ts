import { expect, it } from 'vitest';
import { createPublicHosts } from '../../../shared/client/public-hosts.ts';
import { publicOriginOf } from '../../../shared/config/urls.ts';

const hosts = createPublicHosts(
  ['https://shop.example', 'https://shop.example:8443', 'http://localhost', 'https://localhost', 'http://[::1]'].map(
    publicOriginOf,
  ),
);

it.each<[string, 'http' | 'https', string | undefined]>([
  ['shop.example', 'https', 'https://shop.example'],
  ['shop.example', 'http', 'https://shop.example'],
  ['shop.example:443', 'https', 'https://shop.example'],
  ['shop.example:443', 'http', 'https://shop.example'],
  ['shop.example:80', 'http', 'https://shop.example'],
  ['shop.example:80', 'https', undefined],
  ['shop.example:8443', 'https', 'https://shop.example:8443'],
  ['shop.example:8080', 'https', undefined],
  ['shop.example.', 'https', undefined],
  ['shop.example:', 'https', undefined],
  ['shop.example:0443', 'https', undefined],
  ['localhost', 'http', 'http://localhost'],
  ['localhost', 'https', 'https://localhost'],
  ['localhost:80', 'http', 'http://localhost'],
  ['localhost:443', 'https', 'https://localhost'],
  ['[::1]', 'http', 'http://[::1]'],
  ['[::1]:80', 'http', 'http://[::1]'],
  ['', 'https', undefined],
])('the Host %j over %s asks %s', (host, scheme, origin) => {
  expect(hosts(host, scheme)?.origin).toBe(origin);
});
