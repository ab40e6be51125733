import { setTimeout as delay } from 'node:timers/promises';
import type { Child } from '@metal3/local-servers';
import { startChild, waitUntilReady } from '@metal3/local-servers';
import type { Program } from './programs.ts';

/** Keeps programs running: one that ends by itself is started again, after a pause that doubles each time. */
export interface Supervisor {
  /**
   * Starts a program and resolves when its health listener says that it is ready. Rejects with the end of its log when it refuses its
   * configuration, keeps ending before it was ever ready, or is not ready in time; and when the supervisor is stopped meanwhile.
   */
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
/** A program that has never been ready is not tried more often: what keeps it from starting is for a person to mend. */
const mostStarts = 3;
/** EX_CONFIG: what a service exits with when its configuration makes no sense; trying again would not help. */
const refusedItsConfiguration = 78;

/** What is known of one program since `start`. */
interface Life {
  starts: number;
  everReady: boolean;
}

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

  /** Whether starting it once more is of no use. */
  const isHopeless = (life: Life, code: number | null): boolean =>
    code === refusedItsConfiguration || (!life.everReady && life.starts >= mostStarts);

  const keepRunning = async (program: Program, first: Child, life: Life) => {
    let child = first;
    let startedAt = Date.now();
    let pauseMs = firstPauseMs;
    for (;;) {
      const { code, signal } = await child.exited;
      if (stopping || isHopeless(life, code)) return;
      if (Date.now() - startedAt > steadyMs) pauseMs = firstPauseMs;
      options.say(
        `${program.name} ended (${signal ?? `exit code ${code}`}), starting it again; its log: ${child.logFile}`,
      );
      await pause(pauseMs);
      pauseMs = Math.min(2 * pauseMs, longestPauseMs);
      if (stopping) return;
      restarts++;
      life.starts++;
      startedAt = Date.now();
      child = launch(program);
    }
  };

  const becomeReady = async (program: Program, life: Life) => {
    const end = Date.now() + readyTimeoutMs;
    for (;;) {
      const child = children.get(program.name);
      try {
        if (child === undefined) return;
        await waitUntilReady(child, async () => (await fetch(program.readyUrl)).ok, Math.max(0, end - Date.now()));
        life.everReady = true;
        return;
      } catch (error) {
        if (stopping) throw new Error(`${program.name} was stopped while it started`, { cause: error });
        const gaveUp = child?.running() === false && isHopeless(life, (await child.exited).code);
        if (gaveUp || Date.now() > end) throw error;
        await pause(firstPauseMs);
      }
    }
  };

  return {
    start: async (program) => {
      if (stopping) throw new Error(`${program.name} is not started: everything is being stopped`);
      const life: Life = { starts: 1, everReady: false };
      void keepRunning(program, launch(program), life);
      await becomeReady(program, life);
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
