import { spawn } from 'node:child_process';
import type { Clock, CodedError } from '@metal3/service';
import { imageErrors } from '../errors.ts';
import type { ExpectedDigest } from '../files/library.ts';
import type { JobMessage, JobOrder, JobResult, Stage } from './job/protocol.ts';

/** How the program of a job is started. */
export interface JobProgram {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the job: settings and secrets of the service are not for what handles foreign files. */
  readonly env: Readonly<Record<string, string>>;
}

export interface JobWatch {
  readonly progress: (stage: Stage, done: number, total: number) => void;
  readonly resolved: (expected: ExpectedDigest) => void;
  /** Ends the job and whatever it has started. */
  readonly signal: AbortSignal;
}

/** Runs one job. @throws CodedError of imageErrors, or the signal's reason */
export type JobRunner = (order: JobOrder, watch: JobWatch) => Promise<JobResult>;

const errorsByCode = new Map(Object.values(imageErrors).map((make) => [make.row.code as string, make]));
const longestComplaint = 4_000;

/** Runs each job in a process of its own, whose death, memory and time are not ours. */
export function processRunner(program: JobProgram, timeoutMs: number, clock: Clock): JobRunner {
  return (order, { progress, resolved, signal }) => {
    signal.throwIfAborted();
    const child = spawn(program.command, program.args, {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: program.env,
    });
    let complaint = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-longestComplaint);
    });
    return new Promise<JobResult>((resolve, reject) => {
      const end = () => {
        cancel();
        signal.removeEventListener('abort', aborted);
        child.kill('SIGKILL');
      };
      const fail = (error: unknown) => {
        end();
        reject(error as Error);
      };
      const aborted = () => fail(signal.reason);
      const cancel = clock.after(timeoutMs, () =>
        fail(imageErrors.timeout(`${order.url} was not here after ${Math.round(timeoutMs / 1000)} seconds`)),
      );
      signal.addEventListener('abort', aborted, { once: true });
      child.on('error', (error) => fail(imageErrors.jobDied(`the job cannot be started: ${error.message}`)));
      child.on('message', (message: JobMessage) => {
        switch (message.kind) {
          case 'ready':
            child.send(order);
            return;
          case 'progress':
            progress(message.stage, message.done, message.total);
            return;
          case 'resolved':
            resolved(message.expected);
            return;
          case 'done':
            end();
            resolve(message.result);
            return;
          case 'failed':
            fail(errorOf(message));
        }
      });
      child.on('exit', (code, ended) => {
        const last = complaint.trim().split('\n').at(-1) ?? '';
        const how = ended === null ? `ended with ${code}` : `was ended by ${ended}`;
        fail(imageErrors.jobDied(`the job on ${order.url} ${how}${last === '' ? '' : `: ${last}`}`));
      });
    });
  };
}

function errorOf({ code, message, details }: Extract<JobMessage, { kind: 'failed' }>): CodedError {
  return (errorsByCode.get(code) ?? imageErrors.jobDied)(message, { details });
}
