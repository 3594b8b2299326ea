import type { Demo } from '../demo/start.ts';

/** What a newcomer sees when everything runs: where to look, and what to try first. */
export function welcome(url: string, demo: Demo | null, variables: Readonly<Record<string, string>>): string {
  const trust = url.startsWith('https:') ? ' -k' : '';
  const listed = Object.entries(demo?.origins ?? originsIn(variables)).map(([id, origin]) => `${id} ${origin}`);
  const nowhere = listed.filter((entry) => /\.example\.(?:com|net|org)\b/.test(entry));
  const tries = demo
    ? [
        `Origins      ${listed.join('   ')}`,
        '',
        'Try it       Open it, fill the cart, sign in, kill your origin, and see what stays. Or from a terminal:',
        `             curl -s${trust} -b jar -c jar -d item=rope ${url}/cart`,
        `             curl -s${trust} -b jar -c jar ${url}/whoami`,
        `             curl -s${trust} -b jar -c jar -X POST ${url}/demo/kill`,
        `             curl -s${trust} -b jar -c jar ${url}/whoami`,
        `             curl -s${trust} -H 'Dev-Client-Place: 35.7,139.7' ${url}/whoami     (as if from Tokyo)`,
      ]
    : [
        `Origins      those of gateway.config.ts${listed.length > 0 ? `: ${listed.join('   ')}` : ''}`,
        ...(nowhere.length > 0
          ? [
              '             Some are placeholders that lead nowhere: set them in .dev.vars, such as ORIGIN_EU=http://localhost:3000',
            ]
          : []),
      ];
  const lines = [
    `Berth is at  ${url}/     Ctrl-C ends it`,
    ...tries,
    '',
    'Below        A line for each request: time, method, path, status, how long, origin, why that one, session.',
  ];
  return ['', ...lines.map((line) => `  ${line}`.trimEnd()), ''].join('\n');
}

/** As far as their variables are called as in the shipped configuration. */
const originsIn = (variables: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(variables).filter(([name]) => /^ORIGIN_(?!TOKEN)/.test(name)));
