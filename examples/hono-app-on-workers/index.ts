/** A Hono app of your own on Workers, with Berth behind its routes. wrangler.toml: `main = "examples/hono-app-on-workers/index.ts"`. */
import { Hono } from 'hono';
import definition from '../../gateway.config.ts';
import { createBerth } from '../../worker/berth.ts';
import type { Bindings } from '../../worker/bindings.ts';

/** The Durable Objects that wrangler.toml names. */
export { ControlObject } from '../../worker/durable-objects/control-object.ts';
export { SessionObject } from '../../worker/durable-objects/session-object.ts';

const berth = createBerth(definition);
const app = new Hono<{ Bindings: Bindings }>();

app.use(async (c, next) => {
  await next();
  c.res.headers.set('x-app', 'mine');
});
app.get('/hello', (c) => c.text('hello from the app'));
app.post('/echo', async (c) => c.text(await c.req.text()));
app.route('/', berth);

export default { fetch: app.fetch, scheduled: berth.scheduled };
