import { spawn } from 'node:child_process';
import { imageErrors } from '../../errors.ts';
import type { ImageFormat } from '../formats/verdict.ts';

export interface ConversionLimits {
  /** Bytes of address space. */
  readonly convertMemory: number;
  /** Seconds of processor time. */
  readonly convertCpu: number;
}

export interface Conversion {
  /** Absolute paths. */
  readonly from: string;
  readonly to: string;
  /** Told, never guessed: a guess could follow the image's own claims. */
  readonly format: ImageFormat;
  readonly virtualSize: number;
}

/** QEMU's own name of a format where it differs. */
const names: Partial<Record<ImageFormat, string>> = { vhd: 'vpc' };
const longestComplaint = 4_000;

/**
 * Converts to raw with qemu-img in a process that dies with ours, has no environment, and may take only so much memory, time and disk.
 * @throws CodedError IMAGE-CONVERTER-MISSING, IMAGE-CONVERSION-FAILED, IMAGE-CONVERSION-LIMIT, IMAGE-NO-SPACE
 */
export function convertToRaw(
  { from, to, format, virtualSize }: Conversion,
  { convertMemory, convertCpu }: ConversionLimits,
  progress: (fraction: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const limits = [
    `--as=${convertMemory}`,
    // The first limit ends it with a signal that says why, the second one in any case.
    `--cpu=${convertCpu}:${convertCpu + 5}`,
    `--fsize=${virtualSize + 1024 * 1024}`,
    '--core=0',
    '--nofile=64',
  ];
  const convert = ['qemu-img', 'convert', '-p', '-f', names[format] ?? format, '-O', 'raw', from, to];
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', 'prlimit', ...limits, '--', ...convert], {
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGKILL',
  });
  let complaint = '';
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    const last = [...text.matchAll(/\((\d+(?:\.\d+)?)\/100%\)/g)].at(-1);
    if (last !== undefined) progress(Number(last[1]) / 100);
  });
  child.stderr
    .setEncoding('utf8')
    .on('data', (text: string) => (complaint = (complaint + text).slice(-longestComplaint)));
  return new Promise((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'ENOENT' ? missing('setpriv') : error);
    });
    child.on('close', (code, ended) => {
      if (code === 0) resolve();
      else if (!signal.aborted) reject(failure(code, ended, complaint.trim(), { format, convertMemory, convertCpu }));
    });
  });
}

const missing = (program: string) => imageErrors.converterMissing(`${program} is not installed on pxe-server`);

function failure(
  code: number | null,
  signal: NodeJS.Signals | null,
  complaint: string,
  { format, convertMemory, convertCpu }: ConversionLimits & Pick<Conversion, 'format'>,
) {
  const details = { format, complaint };
  const starved = /allocate memory|out of memory|error while loading shared libraries|failed to map/i.test(complaint);
  if (starved || signal === 'SIGABRT' || signal === 'SIGTRAP') {
    const words = `converting the ${format} image took more than ${convertMemory} bytes of memory`;
    return imageErrors.conversionLimit(words, { details });
  }
  // 127: setpriv and prlimit do not find the program that they are to run.
  const absent = /failed to execute (\S+):/.exec(complaint)?.[1];
  if (code === 127 || absent !== undefined) return missing(absent ?? 'qemu-img');
  if (/no space left/i.test(complaint)) {
    return imageErrors.noSpace(`the disk is full while a ${format} image is converted to raw`, { details });
  }
  if (signal === 'SIGXCPU') {
    const words = `converting the ${format} image took more than ${convertCpu} seconds of processor time`;
    return imageErrors.conversionLimit(words, { details });
  }
  const how = signal === null ? `ended with ${code}` : `was ended by ${signal}`;
  const last = complaint.split('\n').at(-1) ?? '';
  return imageErrors.conversionFailed(`qemu-img ${how} while converting from ${format}: ${last}`, { details });
}
