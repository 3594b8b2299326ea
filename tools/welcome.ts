import type { Demo } from '../demo/start.ts';

/** What a newcomer sees when everything runs: where to look, and what to try first. */
export function welcome(url: string, demo: Demo | null): string {
  const trust = url.startsWith('https:') ? ' -k' : '';
  const tries = demo
    ? [
        `Origins      ${Object.entries(demo.origins)
          .map(([id, origin]) => `${id} ${origin}`)
          .join('   ')}`,
        '',
        'Try it       Open it, fill the cart, sign in, kill your origin, and see what stays. Or from a terminal:',
        `             curl -s${trust} -b jar -c jar -d item=rope ${url}/cart`,
        `             curl -s${trust} -b jar -c jar ${url}/whoami`,
        `             curl -s${trust} -b jar -c jar -X POST ${url}/demo/kill`,
        `             curl -s${trust} -b jar -c jar ${url}/whoami`,
        `             curl -s${trust} -H 'Dev-Client-Place: 35.7,139.7' ${url}/whoami     (as if from Tokyo)`,
      ]
    : ['Origins      those of gateway.config.ts'];
  const lines = [
    `Berth is at  ${url}/     Ctrl-C ends it`,
    ...tries,
    '',
    'Below        A line for each request: time, method, path, status, how long, origin, why that one, session.',
  ];
  return ['', ...lines.map((line) => `  ${line}`.trimEnd()), ''].join('\n');
}
