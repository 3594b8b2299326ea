/** Real Durable Objects (workerd's, by way of miniflare) inside a Node test. */
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import type { ObjectBindings } from '../../worker/durable-objects/session-object.ts';

export interface TestObjects {
  readonly bindings: ObjectBindings;
  close(): Promise<void>;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The control object counts how often it is asked for everyone's not-before alone. */
const entry = `
import { ControlObject as Plain } from './worker/durable-objects/control-object.ts';
export class ControlObject extends Plain {
  #asked = 0;
  everyoneNotBefore() { this.#asked++; return super.everyoneNotBefore(); }
  asked() { return this.#asked; }
}
export { SessionObject } from './worker/durable-objects/session-object.ts';
export default { fetch: () => new Response(null, { status: 404 }) };
`;

export async function openObjects(): Promise<TestObjects> {
  const built = await build({
    stdin: { contents: entry, resolveDir: root, loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    external: ['cloudflare:*'],
  });
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: (built.outputFiles[0] as { text: string }).text,
      compatibilityDate: '2026-10-23',
      durableObjects: {
        SESSION_OBJECTS: { className: 'SessionObject', useSQLite: true },
        CONTROL_OBJECTS: { className: 'ControlObject', useSQLite: true },
      },
      // Nothing is written to the disk.
      durableObjectsPersist: false,
    }),
  );
  const namespace = async (name: string) => (await miniflare.getDurableObjectNamespace(name)) as unknown;
  const bindings = {
    SESSION_OBJECTS: await namespace('SESSION_OBJECTS'),
    CONTROL_OBJECTS: await namespace('CONTROL_OBJECTS'),
  } as ObjectBindings;
  return { bindings, close: () => miniflare.dispose() };
}
