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

export function createSupervisor(options: {
  readonly logDir: string;
  readonly say: (line: string) => void;
}): Supervisor {
  const children = new Map<string, Child>();
  let stopping = false;
  let restarts = 0;
  let endWait: (() => void) | undefined;

  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      endWait = () => {
        clearTimeout(timer);
        resolve();
      };
    });

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
      if (stopping) return;
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

  return {
    start: async (program) => {
      const child = launch(program);
      await waitUntilReady(child, async () => (await fetch(program.readyUrl)).ok, readyTimeoutMs);
      void keepRunning(program, child);
    },
    child: (name) => children.get(name),
    restarts: () => restarts,
    stop: async () => {
      stopping = true;
      endWait?.();
      await Promise.all([...children.values()].reverse().map((child) => child.stop()));
    },
  };
}
