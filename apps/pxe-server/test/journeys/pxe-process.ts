import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { once } from 'node:events';
import { serviceEntry } from '@metal3/local-servers';
import { type Machine, eventually } from '@metal3/testing';
import { expect } from '@jest/globals';
import { stringify } from 'yaml';

const entriesProgram = resolve(import.meta.dirname, 'fixtures/boot-entries.ts');
const nodeFlags = ['--disable-warning=ExperimentalWarning'];

/** A pxe-server of its own process on a machine of the test network. */
export interface PxeProcess {
  /** Lines of its log so far. */
  readonly log: () => readonly Record<string, unknown>[];
  /** Waits for a line that says this. */
  readonly says: (...expected: Parameters<typeof expect.objectContaining>) => Promise<void>;
  readonly metrics: () => Promise<string>;
  readonly stop: (signal?: 'SIGTERM' | 'SIGKILL') => Promise<void>;
}

/** What a machine boots, as far as these tests care. */
export interface TestEntry {
  readonly nodeUuid: string;
  readonly mac: string;
  readonly kernelParameters?: string;
}

/** Starts pxe-server with entries for machines; resolves once it is ready. */
export async function startPxeServer(
  on: Machine,
  folder: string,
  config: object,
  entries: readonly TestEntry[],
): Promise<PxeProcess> {
  await mkdir(folder, { recursive: true });
  const file = (name: string) => join(folder, name);
  const wire = entries.map(({ nodeUuid, mac, kernelParameters = 'nofb ipa-api-url=http://192.0.2.1:6385' }) => ({
    nodeUuid,
    capability: `capability-of-${nodeUuid}`,
    kind: 'agent',
    macAddresses: [mac],
    kernelUrl: 'http://192.0.2.1/k',
    ramdiskUrl: 'http://192.0.2.1/r',
    kernelParameters,
    cpuArchitecture: 'x86_64',
  }));
  await writeFile(file('entries.json'), JSON.stringify(wire));
  on.start(process.execPath, ...nodeFlags, entriesProgram, file('entries.json'), file('ironic')).stderr?.pipe(
    process.stderr,
  );
  const written = (name: string) =>
    eventually(async () => (existsSync(file(name)) ? (await readFile(file(name), 'utf8')) || undefined : undefined), {
      timeoutMs: 60_000,
    });
  const settings = {
    ironicApi: { address: await written('ironic') },
    service: { healthPortFile: file('health'), healthListen: '127.0.0.1:0' },
    cache: { folder: file('cache') },
    ...config,
  };
  await writeFile(file('config.yaml'), stringify(settings));
  const child = on.start(process.execPath, ...nodeFlags, serviceEntry('pxe-server'), '--config', file('config.yaml'));
  const lines: Record<string, unknown>[] = [];
  let rest = '';
  child.stdout?.on('data', (bytes: Buffer) => {
    const parts = (rest + bytes.toString()).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) lines.push(JSON.parse(line) as Record<string, unknown>);
  });
  let errors = '';
  child.stderr?.on('data', (bytes: Buffer) => (errors += bytes.toString()));
  await eventually(
    () => {
      if (child.exitCode !== null)
        throw new Error(`pxe-server ended with ${child.exitCode}: ${errors}${JSON.stringify(lines.slice(-3))}`);
      return lines.some((line) => line['msg'] === 'started');
    },
    { timeoutMs: 60_000 },
  );
  const health = await written('health');
  return {
    log: () => lines,
    says: async (...expected) => {
      // Programs that it answered may end before what it wrote has come here.
      await eventually(() => expect(lines).toContainEqual(expect.objectContaining(...expected)) ?? true);
    },
    metrics: () => on.run('curl', '-s', `http://${health}/metrics`),
    async stop(signal = 'SIGTERM') {
      if (child.exitCode !== null || child.signalCode !== null) return;
      // After the end of its output, which may come later than its own.
      const end = once(child, 'close');
      child.kill(signal);
      await end;
    },
  };
}
