/** What a servlet container does about sessions: an id of its own making in JSESSIONID, the state in its memory. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

const sessions = new Map();

createServer((request, response) => {
  const sent = /(?:^|;\s*)JSESSIONID=([^;]*)/.exec(request.headers.cookie ?? '')?.[1];
  let id = sent;
  // A container never takes an id that it did not make.
  if (!sessions.has(id)) {
    id = randomBytes(16).toString('hex').toUpperCase();
    sessions.set(id, 0);
    response.setHeader('set-cookie', `JSESSIONID=${id}; Path=/java; HttpOnly`);
  }
  sessions.set(id, sessions.get(id) + 1);
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ visits: sessions.get(id), sent: sent ?? null }));
}).listen(Number(process.env.PORT), '127.0.0.1');
