/**
 * The service behind a KV namespace, as workerd's binding asks it over HTTP: values in memory, one write per second and
 * key as on the real service, and a switch that makes it fail, fall silent or refuse every write. It keeps what has run
 * out, since no story here lasts that long.
 */
export type KvMode = 'well' | 'slow' | 'fail' | 'hang' | 'writes-used-up';

const writeEveryMs = 1_000;
const slowMs = 30;

/** Longer than any test waits. A promise without a timer would be found out by the runtime, and its request ended. */
const silenceMs = 60_000;

/** `metadata` is JSON text, and stays as it came. */
const values = new Map<string, { readonly text: string; readonly metadata: string | null; readonly at: number }>();
let mode: KvMode = 'well';

export default {
  async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const asked = `${request.method} ${url.pathname}`;
    if (asked === 'POST /switch') {
      mode = (await request.text()) as KvMode;
      return new Response(null);
    }
    if (mode === 'hang') await new Promise((resolve) => setTimeout(resolve, silenceMs));
    // Long enough for parallel requests to meet.
    if (mode === 'slow') await new Promise((resolve) => setTimeout(resolve, slowMs));
    if (mode === 'fail' || mode === 'hang') return new Response(null, { status: 500 });
    if (asked === 'POST /bulk/get') return many(((await request.json()) as { keys: string[] }).keys);
    if (asked === 'GET /') return list(url.searchParams);

    const key = decodeURIComponent(url.pathname.slice(1));
    if (request.method === 'PUT') {
      const text = await request.text();
      const at = Date.now();
      const isTooSoon = at - (values.get(key)?.at ?? 0) < writeEveryMs;
      if (mode === 'writes-used-up' || isTooSoon) return new Response(null, { status: 429 });
      values.set(key, { text, metadata: request.headers.get('cf-kv-metadata'), at });
      return new Response(null);
    }
    const found = values.get(key);
    if (request.method !== 'GET') return new Response(null, { status: 501 });
    return found ? new Response(found.text) : new Response(null, { status: 404 });
  },
};

const many = (keys: readonly string[]): Response =>
  Response.json(Object.fromEntries(keys.map((key) => [key, values.get(key)?.text ?? null])));

/** The first page only: nobody here asks for another. */
function list(query: URLSearchParams): Response {
  const prefix = query.get('prefix') ?? '';
  const most = Number(query.get('key_count_limit') ?? 1000);
  const names = [...values.keys()].filter((name) => name.startsWith(prefix)).sort();
  const keys = names.slice(0, most).map((name) => ({ name, metadata: values.get(name)?.metadata ?? undefined }));
  const isAll = names.length <= most;
  return Response.json({ keys, list_complete: isAll, ...(!isAll && { cursor: 'unsupported' }) });
}
