/** The configuration of workerd for `switched-worker.ts`: Cap'n Proto text, whose strings and lists are written like JSON's. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface SwitchedRuntime {
  readonly store: 'kv' | 'durable-object';
  readonly variables: Readonly<Record<string, string>>;
  readonly ports: { readonly main: number; readonly elsewhere: number; readonly switch: number };
  readonly objectsFolder: string;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const wranglerToml = readFileSync(join(root, 'wrangler.toml'), 'utf8');
const declared = (name: string): string =>
  new RegExp(`^${name} = (.*)$`, 'm').exec(wranglerToml)?.[1] ?? `missing: ${name}`;

const classes = { SESSION_OBJECTS: 'SessionObject', CONTROL_OBJECTS: 'ControlObject' };

export function runtimeConfig({ store, variables, ports, objectsFolder }: SwitchedRuntime): string {
  const text = (value: string): string => JSON.stringify(value);
  const ofVariables = Object.entries(variables).map(([name, value]) => `(name = ${text(name)}, text = ${text(value)})`);
  const ofObjects = Object.entries(classes).map(
    ([name, className]) =>
      `(name = "${name}", durableObjectNamespace = (className = "${className}", serviceName = "main"))`,
  );
  const bindings = [...(store === 'kv' ? ['(name = "SESSIONS", kvNamespace = "kv")'] : ofObjects), ...ofVariables].join(
    ', ',
  );
  const namespaces = Object.values(classes).map(
    (className) => `(className = "${className}", uniqueKey = "${className}", enableSql = true)`,
  );
  const objects = `durableObjectNamespaces = [${namespaces.join(', ')}],
  durableObjectStorage = (localDisk = "objects"),`;
  const compatibility = `compatibilityDate = ${declared('compatibility_date')},
  compatibilityFlags = ${declared('compatibility_flags')}`;
  const worker = `modules = [(name = "main.mjs", esModule = embed "main.mjs")],
  ${compatibility},
  bindings = [${bindings}],`;
  const switched = store === 'kv' ? '"kv"' : '(name = "main", entrypoint = "switcher")';
  const socket = (name: string, port: number, service: string): string =>
    `(name = "${name}", address = "127.0.0.1:${port}", http = (), service = ${service})`;

  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "elsewhere", worker = .elsewhere),
    (name = "kv", worker = .kv),
    (name = "objects", disk = (path = ${text(objectsFolder)}, writable = true)),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [
    ${socket('switch', ports.switch, switched)},
    ${socket('elsewhere', ports.elsewhere, '"elsewhere"')},
    ${socket('http', ports.main, '"main"')},
  ],
);
const main :Workerd.Worker = (
  ${worker}
  ${store === 'kv' ? '' : objects}
);
const elsewhere :Workerd.Worker = (
  ${worker}
);
const kv :Workerd.Worker = (
  modules = [(name = "kv.mjs", esModule = embed "kv.mjs")],
  ${compatibility},
);
`;
}
