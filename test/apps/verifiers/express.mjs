/** Says who is asking. The snippet of docs/recipes stands beside it; the keys it has are old when a test says so. */
import express from 'express';
import { whoIsAsking } from './snippet.mjs';

const app = express();
let aheadMs = 0;
const { now } = Date;
Date.now = () => now() + aheadMs;

app.post('/a-minute-later', (_, response) => {
  aheadMs += 60_000;
  response.sendStatus(204);
});
app.get('/', whoIsAsking, (request, response) => response.json({ sub: request.user?.sub ?? null }));
app.listen(Number(process.env.PORT), '127.0.0.1');
