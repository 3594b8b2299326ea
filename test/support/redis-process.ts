/** A redis-server in a process group of its own, so that `die-with-parent` can take it along when its test is killed. */
import { spawn } from 'node:child_process';

spawn('redis-server', process.argv.slice(2), { stdio: 'ignore' }).once('exit', (code) => process.exit(code ?? 1));
