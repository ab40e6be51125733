import { execFile } from 'node:child_process';
import { IpmiError } from './errors.ts';

export interface IpmitoolCall {
  readonly args: readonly string[];
  readonly password: string;
  /** Key of two-key log-ins, for the option `-K`. */
  readonly kg: Buffer | undefined;
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

/** Node's environments hold text alone, and a key any bytes: a shell makes them of escapes. The x keeps line ends at its end. */
const withKg = [
  'IPMI_KGKEY=$(printf "$KG_ESCAPED"; printf x)',
  'export IPMI_KGKEY="${IPMI_KGKEY%x}"',
  'unset KG_ESCAPED',
  'exec ipmitool "$@"',
].join('; ');
const escaped = (kg: Buffer): string => [...kg].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
/** What a shell exits with that has no such program. */
const shellKnowsNone = 127;

/** Answers are short; a BMC that says more than this is not listened to. */
const mostOutput = 1024 * 1024;

/**
 * The program of the operating system, as a child process. It gets password and Kg through its environment, and nothing of ours but `path`, where
 * programs are looked for.
 */
export function ipmitool(path: string | undefined): RunIpmitool {
  return ({ args, password, kg, timeoutMs, signal }) =>
    new Promise((resolve, reject) => {
      const env = { PATH: path, LC_ALL: 'C', IPMI_PASSWORD: password };
      const command =
        kg === undefined
          ? { program: 'ipmitool', words: args }
          : { program: 'sh', words: ['-c', withKg, 'sh', ...args] };
      const child = execFile(
        command.program,
        command.words,
        {
          env: kg === undefined ? env : { ...env, KG_ESCAPED: escaped(kg) },
          timeout: timeoutMs,
          killSignal: 'SIGKILL',
          maxBuffer: mostOutput,
          signal,
        },
        (error, stdout, stderr) => {
          if (error === null) return resolve({ exit: 0, stdout, stderr });
          if (signal.aborted) return reject(new IpmiError('aborted', 'The call of the BMC was given up'));
          if (error.code === 'ENOENT' || error.code === shellKnowsNone) {
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
