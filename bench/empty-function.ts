/** What the function's cold start is measured against: Hono on Lambda, and nothing else. */
import { Hono } from 'hono';
import { handle } from 'hono/aws-lambda';

const app = new Hono();
app.all('*', (c) => c.text('ok'));

export const handler = handle(app);
