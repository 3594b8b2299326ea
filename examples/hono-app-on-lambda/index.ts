/** A Hono app of your own on Lambda, with Berth behind its routes. serverless.yml: the handlers of this file. */
import { Hono } from 'hono';
import definition from '../../gateway.config.ts';
import { type BerthEnv, createBerth, lambdaHandler } from '../../lambda/berth.ts';

const berth = createBerth(definition);
const app = new Hono<BerthEnv>();

app.use(async (c, next) => {
  await next();
  c.res.headers.set('x-app', 'mine');
});
app.get('/hello', (c) => c.text('hello from the app'));
app.post('/echo', async (c) => c.text(await c.req.text()));
app.route('/', berth);

export const handler = lambdaHandler(app);
export const scheduled = berth.scheduled;
