import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WebSocket } from 'undici';
import { afterAll, describe, expect, test } from 'vitest';
import { freePort } from '../../tools/free-port.ts';
import { startLambda } from '../../tools/lambda-runtime/start.ts';
import { privateFolder } from '../../tools/private-folder.ts';
import { readPort } from '../../tools/start-options.ts';
import { startWranglerDev } from '../../tools/wrangler-dev.ts';

const folder = privateFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Attaches to the first target, as an editor does, and evaluates an expression. */
async function evaluate(port: number, expression: string): Promise<unknown> {
  const targets = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as { webSocketDebuggerUrl: string }[];
  // An Origin, because wrangler refuses a client that sends a User-Agent and no Origin.
  const socket = new WebSocket(targets[0]?.webSocketDebuggerUrl as string, { headers: { origin: 'http://localhost' } });
  try {
    return await new Promise((resolve, reject) => {
      socket.onerror = () => reject(new Error('the debugger refused the connection'));
      const send = (id: number, method: string, params = {}) => socket.send(JSON.stringify({ id, method, params }));
      socket.onopen = () => send(1, 'Runtime.enable');
      socket.onmessage = ({ data }) => {
        const { id, method, params, result } = JSON.parse(String(data));
        if (method === 'Runtime.executionContextCreated') {
          send(2, 'Runtime.evaluate', { expression, contextId: params.context.id });
        } else if (id === 2) resolve(result?.result.value);
      };
    });
  } finally {
    socket.close();
  }
}

describe('A debugger can attach on the given port', () => {
  test('to the Worker', async () => {
    writeFileSync(join(folder, 'index.ts'), 'globalThis.answer = 42;\nexport default { fetch: () => new Response() };');
    const configFile = join(folder, 'wrangler.toml');
    writeFileSync(configFile, 'name = "test"\nmain = "index.ts"\ncompatibility_date = "2026-10-23"\n');
    const inspectorPort = await freePort();
    const wrangler = startWranglerDev({
      port: await freePort(),
      inspectorPort,
      configFile,
      persistTo: join(folder, 'state'),
      variables: {},
    });
    try {
      await wrangler.ready;
      expect(await evaluate(inspectorPort, 'navigator.userAgent')).toBe('Cloudflare-Workers');
    } finally {
      await wrangler.stop();
    }
  });

  test('to the function', async () => {
    const entry = join(folder, 'function.ts');
    writeFileSync(entry, 'globalThis.answer = 42;\nexport const handler = async () => ({ statusCode: 204 });');
    const inspectorPort = await freePort();
    const lines: string[] = [];
    const lambda = await startLambda({
      port: await freePort(),
      streamed: false,
      dynamodb: 'dynalite',
      variables: {},
      bundle: { entry },
      inspectorPort,
      onLine: (line) => lines.push(line),
      onFailure: (reason) => lines.push(reason),
    });
    try {
      expect(await evaluate(inspectorPort, 'answer')).toBe(42);
      // All requests reach the process that the debugger is attached to.
      const replies = await Promise.all(Array.from({ length: 4 }, () => fetch(lambda.url)));
      expect(replies.map(({ status }) => status)).toEqual([204, 204, 204, 204]);
      expect(lines.filter((line) => line.includes('Debugger listening'))).toHaveLength(1);
    } finally {
      await lambda.stop();
    }
  });
});

test.each(['0', '65536', '80a', ''])('A port of %j is refused', (text) => {
  expect(() => readPort('inspector-port', text)).toThrow(`--inspector-port ${text}: not a port number`);
});
