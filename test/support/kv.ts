/** A real KV namespace (workerd's, by way of miniflare) inside a Node test. */
import type { KVNamespace } from '@cloudflare/workers-types';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';

export interface TestNamespace {
  readonly namespace: KVNamespace;
  close(): Promise<void>;
}

export async function openKv(): Promise<TestNamespace> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: 'export default { fetch: () => new Response(null, { status: 404 }) }',
      compatibilityDate: '2026-10-23',
      kvNamespaces: ['SESSIONS'],
      // Nothing is written to the disk.
      kvPersist: false,
    }),
  );
  const namespace = (await miniflare.getKVNamespace('SESSIONS')) as unknown as KVNamespace;
  return { namespace, close: () => miniflare.dispose() };
}
