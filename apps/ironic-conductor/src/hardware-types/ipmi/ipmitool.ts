import { execFile } from 'node:child_process';
import { IpmiError } from './errors.ts';

export interface IpmitoolCall {
  readonly args: readonly string[];
  readonly password: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** How a run of ipmitool ended. `exit` is null when it took too long and was killed. */
export interface IpmitoolResult {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs ipmitool once. @throws IpmiError (`config`) when there is no such program, (`aborted`) when the signal ended it */
export type RunIpmitool = (call: IpmitoolCall) => Promise<IpmitoolResult>;

/** Answers are short; a BMC that says more than this is not listened to. */
const mostOutput = 1024 * 1024;

/**
 * The program of the operating system, as a child process. It gets the password through its environment, and nothing of ours but `path`,
 * where programs are looked for.
 */
export function ipmitool(path: string | undefined): RunIpmitool {
  return ({ args, password, timeoutMs, signal }) =>
    new Promise((resolve, reject) => {
      const child = execFile(
        'ipmitool',
        args,
        {
          env: { PATH: path, LC_ALL: 'C', IPMI_PASSWORD: password },
          timeout: timeoutMs,
          killSignal: 'SIGKILL',
          maxBuffer: mostOutput,
          signal,
        },
        (error, stdout, stderr) => {
          if (error === null) return resolve({ exit: 0, stdout, stderr });
          if (signal.aborted) return reject(new IpmiError('aborted', 'The call of the BMC was given up'));
          if (error.code === 'ENOENT') {
            return reject(
              new IpmiError(
                'config',
                'The conductor has no ipmitool: install the package ipmitool where it runs, or take ipmi out of the enabled hardware types',
              ),
            );
          }
          if (error.killed === true) return resolve({ exit: null, stdout, stderr });
          if (typeof error.code === 'number') return resolve({ exit: error.code, stdout, stderr });
          return reject(new IpmiError('config', `ipmitool could not be run: ${error.message}`));
        },
      );
      // It must never wait for somebody to type.
      child.stdin?.end();
    });
}
