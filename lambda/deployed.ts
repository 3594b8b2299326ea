/**
 * A configuration whose public origins are all loopback addresses is for local use. A deployed function with such a
 * configuration has lost the variable that they come from: it would redirect people to `localhost`, and where the development
 * headers are on, any client could choose its address and clock. Such a function answers as one that is misconfigured.
 */
import { developmentHeaders } from '../shared/client/dev-overrides.ts';
import type { Issue, Settings } from '../shared/config/settings.ts';
import { isLoopbackHost } from '../shared/config/urls.ts';
import { createMisconfiguredGateway } from '../shared/endpoints/misconfigured.ts';
import type { Gateway } from '../shared/gateway.ts';
import type { Arrival, Platform } from '../shared/platform.ts';

export function refusedWhereDeployed(gateway: Gateway, { publicOrigins }: Settings, platform: Platform): Gateway {
  const hosts = publicOrigins.map(({ host }) => host);
  if (!hosts.every(isLoopback)) return gateway;
  const misconfigured = createMisconfiguredGateway([problem(publicOrigins.map(({ origin }) => origin))], platform);

  return {
    everyMinute: () => gateway.everyMinute(),
    handle(request, arrival) {
      const { headers } = request;
      const host = headers.get('host')?.toLowerCase() ?? null;
      if (isHere(arrival, host)) return gateway.handle(request, arrival);
      // On AWS, Host is always the event's own host. Local emulators put any name into the event.
      if (host === null || !hosts.includes(host)) return misconfigured.handle(request, arrival);
      for (const name of developmentHeaders) headers.delete(name);
      return gateway.handle(request, arrival);
    },
  };
}

/** By the event's own host: the domain that AWS names or, for a load balancer, which has none, the Host header. */
const isHere = ({ platformHost }: Arrival, host: string | null): boolean => {
  const own = platformHost ?? host;
  return own !== null && isLoopback(own);
};

const isLoopback = (host: string): boolean => isLoopbackHost(host.replace(/:\d+$/, ''));

const problem = (origins: readonly string[]): Issue => ({
  path: 'publicOrigins',
  value: origins.join(', '),
  message: 'are loopback addresses, but the request was sent to another host',
  remedy:
    'Set PUBLIC_ORIGIN, such as https://www.example.com, in the environment of the deployment (serverless.yml hands it to the function), or name the public origins in gateway.config.ts.',
});
