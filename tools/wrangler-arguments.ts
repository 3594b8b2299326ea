/**
 * What wrangler was told on its command line, for a `[build]` command of its configuration: it says to that only what it is
 * doing (`WRANGLER_COMMAND`), not with which file.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** `--config`; `null`: none, or no wrangler is among the processes that started this one, or they cannot be seen. */
export function configPassedToWrangler(): string | null {
  // The shell, wrangler, and what starts wrangler.
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
      // After the name, which is in brackets and may hold any sign: state, parent (proc(5)).
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
