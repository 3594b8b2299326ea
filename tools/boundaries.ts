/**
 * `npm run boundaries`: checks which folder imports which, by the rules in docs/architecture.md. (The tsconfig of each
 * folder separates the runtimes.)
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Wall {
  readonly because: string;
  /** Paths from the root, with `/`. `to` is a path too, or a bare package. */
  forbids(from: string, to: string, typeOnly: boolean): boolean;
}

const inside = (path: string, folder: string): boolean => path.startsWith(`${folder}/`);
const storyOf = (path: string): string | null => /^shared\/(\w+)\//.exec(path)?.[1] ?? null;
const isStep = (path: string): boolean => /(^|[/-])step\.ts$/.test(path);

/** The packages that `shared/` may import. They need only fetch and Web Crypto. */
const sharedPackages = ['hono', 'jose', 'valibot'];
/** Folders that every folder of `shared/` may import. */
const commonGround = new Set(['http', 'crypto', 'config', 'time', 'cache', 'document']);
/** Imports between the other folders, each with its reason. */
const alsoKnows: Readonly<Record<string, readonly string[]>> = {
  // Our own pages are the user interface of sessions, of service credentials, of the origins' control and of what was
  // counted; those for operators are guarded as a route is. `explain` is a dry run of the whole request.
  endpoints: ['session', 'client', 'routing', 'log', 'metrics', 'policy', 'identity', 'proxy'],
  // Reading addresses is the client's part; a key made of an address is routing's.
  routing: ['client', 'session', 'log'],
  // The proxy carries out what the origins' replies command, reports to health whom it could reach, and holds open sockets
  // to the rules that they were opened under.
  proxy: ['session', 'routing', 'identity', 'client', 'policy', 'log'],
  identity: ['session'],
  // A client's network is part of what a session is bound to.
  session: ['client'],
  // What the configuration accepts as an address is what the client step can read, and its revision is routing's hash.
  config: ['client', 'routing'],
  policy: ['session'],
  // The store on DynamoDB, for both doors.
  dynamodb: ['session'],
  // Others import `log/events.ts`, to log events.
  log: ['session', 'client', 'metrics'],
  metrics: ['session', 'client', 'log'],
};

const walls: readonly Wall[] = [
  {
    because: 'the platforms never import each other',
    forbids: (from, to) =>
      (inside(from, 'worker') && inside(to, 'lambda')) || (inside(from, 'lambda') && inside(to, 'worker')),
  },
  {
    because: 'shared/ imports itself and its few libraries only',
    forbids: (from, to) =>
      inside(from, 'shared') &&
      !inside(to, 'shared') &&
      !sharedPackages.some((name) => to === name || inside(to, name)),
  },
  {
    because: 'deployed code does not import tests, tools, the demo or the bench',
    forbids: (from, to) =>
      ['shared', 'worker', 'lambda'].some((folder) => inside(from, folder)) &&
      ['test', 'tools', 'demo', 'bench'].some((folder) => inside(to, folder)),
  },
  {
    because: 'only tests and the bench import tests',
    forbids: (from, to) => inside(to, 'test') && !inside(from, 'test') && !inside(from, 'bench'),
  },
  {
    because: 'Hono is for pipeline.ts; elsewhere only its types and utilities',
    forbids: (from, to, typeOnly) =>
      inside(from, 'shared') &&
      (to === 'hono' || inside(to, 'hono')) &&
      !inside(to, 'hono/utils') &&
      !typeOnly &&
      from !== 'shared/pipeline.ts',
  },
  {
    because: 'this import between folders is not on the list',
    forbids(from, to, typeOnly) {
      const [here, there] = [storyOf(from), storyOf(to)];
      if (!here || !there || here === there || typeOnly || commonGround.has(there)) return false;
      return !(alsoKnows[here] ?? []).includes(there);
    },
  },
  {
    because: 'only gateway.ts knows the steps',
    forbids: (from, to, typeOnly) =>
      inside(to, 'shared') && isStep(to) && !typeOnly && from !== 'shared/gateway.ts' && !inside(from, 'test'),
  },
];

const importLine = /^(?:import|export)\s+(type\s)?[^'"]*?from\s+'([^']+)'|^import\s+'([^']+)'|import\('([^']+)'\)/gms;

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

function imports(): Import[] {
  return [...sources(root)].flatMap((file) => {
    const from = relative(root, file);
    return [...readFileSync(file, 'utf8').matchAll(importLine)].map(([, type, a, b, c]) => {
      const target = (a ?? b ?? c) as string;
      const to = target.startsWith('.') ? normalize(join(dirname(from), target)) : target;
      return { from, to, typeOnly: Boolean(type) };
    });
  });
}

const outsideWalls = (all: readonly Import[]): string[] =>
  all.flatMap(({ from, to, typeOnly }) =>
    walls.filter((wall) => wall.forbids(from, to, typeOnly)).map(({ because }) => `${from} -> ${to}: ${because}`),
  );

/** Files that import each other, directly or not, and also for types alone: none of them can be read or moved alone. */
function circles(all: readonly Import[]): string[] {
  const targets = new Map<string, string[]>();
  for (const { from, to } of all) targets.set(from, [...(targets.get(from) ?? []), to]);
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file);
    if (at >= 0) found.push(`${[...path.slice(at), file].join(' -> ')}: a circle of imports`);
    if (at >= 0 || done.has(file)) return;
    for (const to of targets.get(file) ?? []) visit(to, [...path, file]);
    done.add(file);
  };
  for (const file of targets.keys()) visit(file, []);
  return found;
}

function* sources(folder: string): Generator<string> {
  for (const name of readdirSync(folder)) {
    if (name === 'node_modules' || name.startsWith('.') || name === 'dist') continue;
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* sources(path);
    else if (path.endsWith('.ts')) yield path;
  }
}

const all = imports();
const faults = [...outsideWalls(all), ...circles(all)];
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exit(1);
console.log('boundaries: all imports are allowed, and there are no circles');
