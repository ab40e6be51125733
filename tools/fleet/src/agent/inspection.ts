import type { Trust } from '../http/client.ts';
import type { Machine } from '../machine/machine.ts';
import type { KernelLine } from '../medium/kernel-line.ts';
import { inspectionData } from './inventory.ts';

/** Simulated seconds of looking at the hardware. */
const collectSeconds = 10;
const attempts = 5;

/** True when the kernel line asks for inspection: a callback, or collectors together with an API. */
export function inspectionWanted(line: KernelLine): boolean {
  const collectors = line.get('ipa-inspection-collectors');
  return (
    line.get('ipa-inspection-callback-url') !== undefined ||
    (collectors !== undefined && line.get('ipa-api-url') !== undefined)
  );
}

/**
 * Looks at the hardware and posts what it found, five times at most, with no version header, as the real agent does.
 * @returns the node's UUID from the reply; undefined when inspection failed, upon which an agent goes on to look-up
 */
export async function inspect(
  machine: Machine,
  line: KernelLine,
  trust: Trust,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { time, faults, http } = machine.world;
  await time.pass(collectSeconds, signal);
  const collectors = (line.get('ipa-inspection-collectors') ?? 'default,logs').split(',').filter((name) => name !== '');
  const listens = ['1', 'true', 'yes', 'on'].includes(line.get('ipa-collect-lldp')?.toLowerCase() ?? '');
  const fault = faults.take('agent.inspection-error', machine.name);
  const error =
    fault === undefined ? null : (fault.message ?? 'the following errors were encountered: simulated failure');
  const body = JSON.stringify(inspectionData(machine, collectors, bootMac(line), listens, error));
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
  const urls = callbackUrls(line);
  for (let attempt = 1; attempt <= attempts; attempt++) {
    for (const url of urls) {
      const reply = await http.fetch(url, { method: 'POST', headers, body, signal, trust }).catch((cause: unknown) => {
        signal.throwIfAborted();
        return { status: 0, body: Buffer.from(cause instanceof Error ? cause.message : String(cause)) };
      });
      if (reply.status === 0) continue; // could not connect: the next URL
      machine.record('inspection-posted', { url, status: reply.status, error });
      if (reply.status < 400) return uuidOf(reply.body);
      if (reply.status < 500 && reply.status !== 409) return undefined;
      break;
    }
    if (attempt < attempts) await time.backOff(Math.min(30, 5 * 1.5 ** (attempt - 1)), signal);
  }
  return undefined;
}

/** BOOTIF in dash or colon form, with or without the hardware type in front. */
export function bootMac(line: KernelLine): string | undefined {
  const digits = line.get('BOOTIF')?.toLowerCase().replaceAll('-', ':');
  return digits?.replace(/^01:(?=(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$)/, '');
}

function callbackUrls(line: KernelLine): string[] {
  const callback = line.get('ipa-inspection-callback-url');
  const urls = (callback ?? line.get('ipa-api-url') ?? '').split(',').filter((url) => url !== '');
  return callback === undefined ? urls.map((url) => `${url.replace(/\/+$/, '')}/v1/continue_inspection`) : urls;
}

function uuidOf(body: Buffer): string | undefined {
  try {
    const { uuid } = JSON.parse(body.toString('utf8')) as { uuid?: unknown };
    return typeof uuid === 'string' ? uuid : undefined;
  } catch {
    return undefined;
  }
}
