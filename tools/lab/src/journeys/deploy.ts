import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Traveller } from '../journey.ts';
import { userDataSaying } from './agent-and-system.ts';

/** An image that a machine is to be given, and the words by which its system will be known. */
export interface Deployment {
  readonly image: { url: string; checksum: string; checksumType: 'sha256'; format: 'raw' | 'qcow2' };
  readonly userData: { readonly name: string; readonly namespace: string };
  /** What the system says on its console when it has run its user data. */
  readonly words: string;
  /** Name of the file on the lab's web server. */
  readonly file: string;
}

/** Offers an image and user data that says a word nobody else knows. */
export async function prepareDeployment(
  { lab, host }: Traveller,
  file: string,
  format: 'raw' | 'qcow2',
): Promise<Deployment> {
  const { words, script } = userDataSaying();
  const name = `${lab.machine.name}-user-data`;
  await host.secret(name, { value: script });
  return {
    image: {
      url: lab.files.offer(basename(file), { file }),
      checksum: await sha256(file),
      checksumType: 'sha256',
      format,
    },
    userData: { name, namespace: 'metal3' },
    words,
    file: basename(file),
  };
}

export async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** Waits until the deployed system has said its words. */
export async function systemSpeaks(
  { lab, signal }: Traveller,
  words: string,
  from: number,
  timeoutMs = 240_000,
): Promise<void> {
  await lab.console.says(new RegExp(`lab-os: ${words}`), from, { timeoutMs, signal });
  await lab.console.says(/lab-os: up/, from, { timeoutMs: 60_000, signal });
}
