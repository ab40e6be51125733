import { setTimeout as delay } from 'node:timers/promises';
import type { Child } from '@metal3/local-servers';
import { startChild, waitUntilReady } from '@metal3/local-servers';
import type { Program } from './programs.ts';

/** Keeps programs running: one that ends by itself is started again, after a pause that doubles each time. */
export interface Supervisor {
  /** Starts a program and resolves when its health listener says that it is ready. */
  readonly start: (program: Program) => Promise<void>;
  readonly child: (name: string) => Child | undefined;
  readonly restarts: () => number;
  /** Ends all programs, the last started first. */
  readonly stop: () => Promise<void>;
}

const firstPauseMs = 250;
const longestPauseMs = 10_000;
const steadyMs = 30_000;
const readyTimeoutMs = 60_000;
/** EX_CONFIG: what a service exits with when its configuration makes no sense; trying again would not help. */
const refusedItsConfiguration = 78;

export function createSupervisor(options: {
  readonly logDir: string;
  readonly say: (line: string) => void;
}): Supervisor {
  const children = new Map<string, Child>();
  let stopping = false;
  let restarts = 0;
  const ending = new AbortController();

  const pause = (ms: number) => delay(ms, undefined, { signal: ending.signal }).catch(() => undefined);

  const launch = (program: Program): Child => {
    const child = startChild({ ...program, logFile: `${options.logDir}/${program.name}.log` });
    children.set(program.name, child);
    return child;
  };

  const keepRunning = async (program: Program, first: Child) => {
    let child = first;
    let startedAt = Date.now();
    let pauseMs = firstPauseMs;
    for (;;) {
      const { code, signal } = await child.exited;
      if (stopping || code === refusedItsConfiguration) return;
      if (Date.now() - startedAt > steadyMs) pauseMs = firstPauseMs;
      options.say(
        `${program.name} ended (${signal ?? `exit code ${code}`}), starting it again; its log: ${child.logFile}`,
      );
      await pause(pauseMs);
      pauseMs = Math.min(2 * pauseMs, longestPauseMs);
      if (stopping) return;
      restarts++;
      startedAt = Date.now();
      child = launch(program);
    }
  };

  const becomeReady = async (program: Program) => {
    const end = Date.now() + readyTimeoutMs;
    for (;;) {
      const child = children.get(program.name);
      try {
        if (child === undefined) return;
        await waitUntilReady(child, async () => (await fetch(program.readyUrl)).ok, Math.max(0, end - Date.now()));
        return;
      } catch (error) {
        const gaveUp = child?.running() === false && (await child.exited).code === refusedItsConfiguration;
        if (stopping || gaveUp || Date.now() > end) throw error;
        await pause(firstPauseMs);
      }
    }
  };

  return {
    start: async (program) => {
      void keepRunning(program, launch(program));
      await becomeReady(program);
    },
    child: (name) => children.get(name),
    restarts: () => restarts,
    stop: async () => {
      stopping = true;
      ending.abort();
      await Promise.all([...children.values()].reverse().map((child) => child.stop()));
    },
  };
}
