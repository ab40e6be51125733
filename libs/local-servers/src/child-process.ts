import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { findOnPath } from './binaries.mjs';

export interface ChildOptions {
  /** The name used in messages. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The child's whole environment; the parent's when left out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** stdout and stderr go here, appended. */
  readonly logFile: string;
  /** Run as this user (needs root). */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** What the child gets when its parent dies without stopping it (Linux). */
  readonly deathSignal?: 'KILL' | 'TERM' | 'INT' | 'QUIT';
}

export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Child {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Settles when the process has ended; never rejects. */
  readonly exited: Promise<ChildExit>;
  readonly running: () => boolean;
  readonly signal: (signal: NodeJS.Signals) => void;
  /** Sends `signal` (SIGTERM), and SIGKILL after `graceMs` (10 s); resolves when the process has ended. */
  readonly stop: (options?: { readonly signal?: NodeJS.Signals; readonly graceMs?: number }) => Promise<void>;
  /** The end of the log, for error messages. */
  readonly logTail: (lines?: number) => string;
}

/** One listener for all children: their number has no limit, that of listeners has. */
const killAtExit = new Set<() => void>();
process.once('exit', () => {
  for (const kill of killAtExit) kill();
});

/**
 * Starts a program that cannot outlive us: it ends with `stop`, with our exit, and on Linux also when we are killed with -9
 * (the kernel's parent-death signal, set by setpriv).
 */
export function startChild(options: ChildOptions): Child {
  mkdirSync(dirname(options.logFile), { recursive: true });
  const log = openSync(options.logFile, 'a');
  const { command, args } = boundToParent(options);
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...(options.env ?? process.env) },
    stdio: ['ignore', log, log],
    // A process group of its own: Ctrl-C at a terminal goes to whole groups, and the order of an ending is the parent's to choose.
    detached: true,
  });
  closeSync(log);

  let ended = false;
  let failure = '';
  const exited = new Promise<ChildExit>((resolve) => {
    const settle = (exit: ChildExit) => {
      ended = true;
      killAtExit.delete(killNow);
      resolve(exit);
    };
    child.once('exit', (code, signal) => settle({ code, signal }));
    child.once('error', (error) => {
      failure = error.message;
      if (child.pid === undefined) settle({ code: 127, signal: null });
    });
  });
  const killNow = () => void (ended || child.kill('SIGKILL'));
  killAtExit.add(killNow);

  return {
    name: options.name,
    pid: child.pid ?? 0,
    logFile: options.logFile,
    exited,
    running: () => !ended,
    signal: (signal) => void (ended || child.kill(signal)),
    stop: async ({ signal = 'SIGTERM', graceMs = 10_000 } = {}) => {
      if (ended) return;
      child.kill(signal);
      // A stopped (SIGSTOP) process does not see SIGTERM until it goes on.
      child.kill('SIGCONT');
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await exited;
      clearTimeout(timer);
    },
    logTail: (lines = 15) =>
      [failure, ...readLog(options.logFile).split('\n').slice(-lines).map(readable)].join('\n').trim(),
  };
}

/** Waits until `ready` answers true; throws with the end of the log if the child ends or the time is up. */
export async function waitUntilReady(child: Child, ready: () => Promise<boolean>, timeoutMs: number): Promise<void> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    if (!child.running())
      throw new Error(`${child.name} ended while starting; the end of ${child.logFile}:\n${child.logTail()}`);
    if (await ready().catch(() => false)) return;
    if (Date.now() > end) {
      throw new Error(
        `${child.name} was not ready within ${timeoutMs / 1000} s; the end of ${child.logFile}:\n${child.logTail()}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function boundToParent(options: ChildOptions): { command: string; args: string[] } {
  const setpriv = process.platform === 'linux' ? findOnPath('setpriv') : undefined;
  const user = options.user;
  if (setpriv === undefined) {
    if (user !== undefined)
      throw new Error(`${options.name} must run as another user, and setpriv (package util-linux) is missing`);
    return { command: options.command, args: [...options.args] };
  }
  const identity = user === undefined ? [] : [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'];
  return {
    command: setpriv,
    args: [...identity, '--pdeathsig', options.deathSignal ?? 'KILL', '--', options.command, ...options.args],
  };
}

function readLog(path: string): string {
  try {
    return readFileSync(path, 'utf8').trimEnd();
  } catch {
    return '';
  }
}

/** A line of a structured log as a person reads it: what happened and why. Other lines stay as they are. */
function readable(line: string): string {
  try {
    const { time, name, msg, reason, err } = JSON.parse(line) as Readonly<Record<string, unknown>>;
    if (typeof msg !== 'string') return line;
    const cause = reason ?? (err as { readonly message?: unknown } | undefined)?.message;
    const told = typeof cause === 'string' && !msg.includes(cause) ? `${msg}: ${cause}` : msg;
    return [time, name, told].filter((part) => typeof part === 'string').join(' ');
  } catch {
    return line;
  }
}
