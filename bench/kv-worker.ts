/**
 * The KV namespace of the subject with stored sessions: empty, and accepts every write. It refuses to read a value, so that
 * a gateway that asks the store inside the freshness fails instead of being slower.
 */
export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (request.method === 'PUT') {
      await request.arrayBuffer();
      return new Response(null);
    }
    const isList = request.method === 'GET' && pathname === '/';
    return isList ? Response.json({ keys: [], list_complete: true }) : new Response(null, { status: 500 });
  },
};
