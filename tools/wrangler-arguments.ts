/**
 * Finds the `--config` argument of the wrangler that runs this `[build]` command. wrangler passes only the name of its own
 * command (`WRANGLER_COMMAND`), not its configuration file.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** `null` without `--config`, or if no parent process is wrangler, or if the parent processes cannot be read. */
export function configPassedToWrangler(): string | null {
  // The parents are the shell, wrangler, and the program that started wrangler.
  let pid = process.ppid;
  for (let i = 0; i < 4; i++) {
    const parent = processInfo(pid);
    if (parent === null) return null;
    if (parent.args.some((arg) => /wrangler(?:-dist\/cli)?(?:\.js)?$/.test(arg))) return configIn(parent.args);
    pid = parent.ppid;
  }
  return null;
}

export function configIn(args: readonly string[]): string | null {
  for (const [i, arg] of args.entries()) {
    if (arg === '--config' || arg === '-c') return args[i + 1] ?? null;
    const value = /^(?:--config|-c)=(.+)$/.exec(arg)?.[1];
    if (value !== undefined) return value;
  }
  return null;
}

function processInfo(pid: number): { readonly ppid: number; readonly args: readonly string[] } | null {
  try {
    if (process.platform === 'linux') {
      // The name is in brackets and may contain any character; after it come state and parent id (proc(5)).
      const ppid = Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[1]);
      return { ppid, args: readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0') };
    }
    const [ppid, ...args] = execFileSync('ps', ['-o', 'ppid=,args=', '-p', String(pid)], { encoding: 'utf8' })
      .trim()
      .split(/\s+/);
    return { ppid: Number(ppid), args };
  } catch {
    return null;
  }
}
