/**
 * The KV namespace of the stored subject: empty, and taking every write. Reading a value is refused, so that a run
 * which asks the store inside its freshness fails instead of merely being slower.
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
