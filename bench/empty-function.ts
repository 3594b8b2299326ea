/** The baseline of the cold start benchmark: an empty Hono handler on Lambda. */
import { Hono } from 'hono';
import { handle } from 'hono/aws-lambda';

const app = new Hono();
app.all('*', (c) => c.text('ok'));

export const handler = handle(app);
