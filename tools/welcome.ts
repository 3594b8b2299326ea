import type { Demo } from '../demo/start.ts';

export interface Running {
  readonly url: string;
  readonly demo: Demo | null;
  readonly variables: Readonly<Record<string, string>>;
  readonly inspectorPort: number | null;
}

/** The greeting after the start: where to look, and what to try first. */
export function welcome({ url, demo, variables, inspectorPort }: Running): string {
  const trust = url.startsWith('https:') ? ' -k' : '';
  const listed = Object.entries(demo?.origins ?? originsIn(variables)).map(([id, origin]) => `${id} ${origin}`);
  const placeholders = listed.filter((entry) => /\.example\.(?:com|net|org)\b/.test(entry));
  const tries = demo
    ? [
        `Origins      ${listed.join('   ')}`,
        '',
        'Try it       Open it, fill the cart, sign in, kill your origin, and see what is kept. Or from a terminal:',
        `             curl -s${trust} -b jar -c jar -d item=rope ${url}/cart`,
        `             curl -s${trust} -b jar -c jar ${url}/whoami`,
        `             curl -s${trust} -b jar -c jar -X POST ${url}/demo/kill`,
        `             curl -s${trust} -b jar -c jar ${url}/whoami`,
        `             curl -s${trust} -H 'Dev-Client-Place: 35.7,139.7' ${url}/whoami     (as if from Tokyo)`,
      ]
    : [
        `Origins      those of gateway.config.ts${listed.length > 0 ? `: ${listed.join('   ')}` : ''}`,
        ...(placeholders.length > 0
          ? ['             Some are placeholders. Set them in .dev.vars, for example ORIGIN_EU=http://localhost:3000']
          : []),
      ];
  const lines = [
    `Berth is at  ${url}/     Press Ctrl-C to stop`,
    ...tries,
    ...(inspectorPort === null
      ? []
      : ['', `Debugger     127.0.0.1:${inspectorPort}; attach from VS Code or chrome://inspect`]),
    '',
    'Below        One line per request: time, method, path, status, duration, origin, reason, session.',
  ];
  return ['', ...lines.map((line) => `  ${line}`.trimEnd()), ''].join('\n');
}

/** Recognised by the names of their variables in the shipped configuration. */
const originsIn = (variables: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(variables).filter(([name]) => /^ORIGIN_(?!TOKEN)/.test(name)));
