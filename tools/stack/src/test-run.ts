import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

export interface TestRun {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** JSON file that the run writes when all its tests are done. */
  readonly report: string;
  /** How long the run may take in all, in ms. */
  readonly limitMs: number;
  /** How long it may go on after the report is written, in ms. */
  readonly graceMs: number;
  /** Gets what the run prints. */
  readonly print: (text: string) => void;
  /** Tells the run to end; it has `graceMs` for that. */
  readonly signal: AbortSignal;
}

export interface TestRunEnd<Report> {
  /** Undefined if the run wrote none that could be read. */
  readonly report: Report | undefined;
  /** Why the run is to be called failed, whatever the report says; undefined if it reported, and ended by itself with exit code 0. */
  readonly problem: string | undefined;
}

/**
 * A run of tests that always ends, whatever the tests left behind: a process that one of them forgot keeps neither the run
 * going nor its output open. It has a process group of its own, which ends with it.
 */
export async function testRun<Report>(run: TestRun): Promise<TestRunEnd<Report>> {
  const child = spawn(run.command, run.args, {
    cwd: run.cwd,
    env: run.env,
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  child.stderr.setEncoding('utf8').on('data', run.print);
  let ended = false;
  const exited = new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) => resolve(code === 0 ? undefined : `ended with ${signal ?? code}`));
  }).finally(() => (ended = true));
  const interrupt = () => void signalGroup(child.pid, 'SIGTERM');
  run.signal.addEventListener('abort', interrupt, { once: true });

  const overdue = async (): Promise<string | undefined> => {
    const end = performance.now() + run.limitMs;
    let reportedAt: number | undefined;
    let toldAt: number | undefined;
    while (!ended) {
      await delay(Math.min(500, run.graceMs), undefined, { ref: false });
      const now = performance.now();
      if (now > end) return `did not end within ${run.limitMs / 1000} s`;
      if (run.signal.aborted) toldAt ??= now;
      if (toldAt !== undefined && now > toldAt + run.graceMs) return 'was interrupted, and did not end by itself';
      if (reportedAt === undefined && readReport(run.report) !== undefined) reportedAt = now;
      if (reportedAt !== undefined && now > reportedAt + run.graceMs)
        return `all tests were done, but something they started kept it going for ${run.graceMs / 1000} s`;
    }
    return undefined;
  };
  const late = await Promise.race([exited.then(() => undefined), overdue()]);
  signalGroup(child.pid, 'SIGKILL');
  const exit = await exited;
  // Time for what was printed last; a forgotten process may hold the pipe open for ever.
  if (!child.stderr.readableEnded)
    await Promise.race([new Promise((end) => child.stderr.once('end', end)), delay(500)]);
  child.stderr.destroy();
  run.signal.removeEventListener('abort', interrupt);
  const report = readReport(run.report) as Report | undefined;
  return { report, problem: late ?? exit ?? (report === undefined ? 'ended without a report' : undefined) };
}

function readReport(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // Nobody is left in it.
  }
}
