/**
 * A function whose public origins are all loopback addresses is for this machine. Deployed, it has lost the variable that
 * they come from: it would send people to `localhost`, and let anybody choose their address and clock where the development
 * headers are on. What reaches it in the cloud gets the answer of a bad configuration.
 */
import { developmentHeaders } from '../shared/client/dev-overrides.ts';
import type { Issue, Settings } from '../shared/config/settings.ts';
import { isLoopbackHost } from '../shared/config/urls.ts';
import { createMisconfiguredGateway, type Gateway } from '../shared/gateway.ts';
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
      // AWS takes no request for another host than the event's own. Emulators on this machine put any name there.
      if (host === null || !hosts.includes(host)) return misconfigured.handle(request, arrival);
      for (const name of developmentHeaders) headers.delete(name);
      return gateway.handle(request, arrival);
    },
  };
}

/** The event's own host: the one that AWS names, or of a load balancer, which has none, the one that it was asked for. */
const isHere = ({ platformHost }: Arrival, host: string | null): boolean => {
  const own = platformHost ?? host;
  return own !== null && isLoopback(own);
};

const isLoopback = (host: string): boolean => isLoopbackHost(host.replace(/:\d+$/, ''));

const problem = (origins: readonly string[]): Issue => ({
  path: 'publicOrigins',
  value: origins.join(', '),
  message: 'are loopback addresses, and the function was asked for from elsewhere',
  remedy:
    'Set PUBLIC_ORIGIN, such as https://www.example.com, in the environment of the deployment (serverless.yml hands it to the function), or name the public origins in gateway.config.ts.',
});
