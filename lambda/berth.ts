/**
 * Berth inside a Hono app of your own, on Lambda: `app.route('/', createBerth(definition))`, and the function's handler is
 * `lambdaHandler(app)`. Routes and middleware that the app has before Berth come first; every other request is the
 * gateway's.
 *
 * The app is served by our event adapters. `hono/aws-lambda` loses bytes of headers and bodies on the way, so under it
 * every request is refused, and the log says why.
 */
import { HonoBase } from 'hono/hono-base';
import { LinearRouter } from 'hono/router/linear-router';
import type { GatewayDefinition } from '../shared/config/define.ts';
import { placeOfRegion } from '../shared/config/regions.ts';
import { createMisconfiguredGateway } from '../shared/endpoints/misconfigured.ts';
import type { Arrival } from '../shared/platform.ts';
import { buildHandlerParts } from './build.ts';
import { readEnvironment } from './environment.ts';
import { createHandler, createStreamHandler, type PreludeWriter } from './handlers.ts';
import { createLambdaPlatform } from './platform.ts';

/** What `lambdaHandler` passes to the app, and Berth looks for. */
const arrivalKey = Symbol('arrival');
export interface BerthEnv {
  Bindings: { readonly [arrivalKey]?: Arrival };
}

export type Berth = HonoBase<BerthEnv> & {
  /** For the function that the schedule in serverless.yml calls once a minute. */
  scheduled(): Promise<void>;
};

export function createBerth(definition: GatewayDefinition): Berth {
  const building = buildHandlerParts(definition, readEnvironment(process.env));
  const refusing = createMisconfiguredGateway(
    [
      {
        path: 'handler',
        message: 'is an adapter that loses bytes of headers and bodies',
        remedy: 'Export lambdaHandler(app) from lambda/berth.ts as the handler.',
      },
    ],
    createLambdaPlatform(),
  );
  const app = new HonoBase<BerthEnv>({ router: new LinearRouter() });
  app.all('*', async (c) => {
    const arrival = c.env?.[arrivalKey];
    if (!arrival) return refusing.handle(c.req.raw, {} as Arrival);
    const { gateway } = await building;
    return gateway.handle(c.req.raw, arrival);
  });
  return Object.assign(app, { scheduled: async () => (await building).gateway.everyMinute() });
}

/** Any Hono app with Berth mounted. */
interface App {
  fetch(request: Request, env: BerthEnv['Bindings']): Response | Promise<Response>;
}

/** For HTTP APIs, REST APIs, load balancers, and Function URLs in BUFFERED mode. */
export const lambdaHandler = (app: App) => createHandler(partsFor(app));

/**
 * For Function URLs in RESPONSE_STREAM mode: pass it to `awslambda.streamifyResponse`. `preludes`:
 * `awslambda.HttpResponseStream`.
 */
export const lambdaStreamHandler = (app: App, preludes: PreludeWriter) => createStreamHandler(partsFor(app), preludes);

function partsFor(app: App) {
  const { region } = readEnvironment(process.env);
  return {
    gateway: {
      handle: async (request: Request, arrival: Arrival) =>
        app.fetch(withBody(request, arrival), { [arrivalKey]: arrival }),
    },
    platform: createLambdaPlatform(),
    place: region === null ? null : placeOfRegion(region),
  };
}

/** For the app's own routes. The gateway forwards the body of the arrival, whatever the app has read. */
function withBody(request: Request, { body }: Arrival): Request {
  const isBare = request.method === 'GET' || request.method === 'HEAD';
  return body === null || isBare ? request : new Request(request, { body: body as BodyInit });
}
