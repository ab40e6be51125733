import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { bootClient, BootEntryService, type BootClient } from '@metal3/boot-client';
import { grpcServer, implement, type GrpcServer } from '@metal3/grpc';
import { testService } from '@metal3/testing';
import { bundleServices } from '@metal3/stack';

/** A pxe-server as it is shipped, with boot entries from here and a kernel, a ramdisk and loaders of usual sizes. */
export interface MediaSite {
  readonly folder: string;
  readonly pid: number;
  readonly boot: BootClient;
  /** Makes the entry of one machine known. */
  add(index: number): void;
  metric(name: string): Promise<number>;
  stop(): Promise<void>;
}

export const mib = 1024 * 1024;
export const ramdiskSize = 256 * mib;
export const capabilityOf = (index: number) => `capability-${index}`;
export const nodeOf = (index: number) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;

const plain = { portFile: '', tlsCertFile: '', tlsKeyFile: '', tlsClientCaFile: '', readers: [], operators: [], services: [], reflection: false }; // prettier-ignore

export async function startMediaSite(root: string): Promise<MediaSite> {
  const folder = mkdtempSync(join(tmpdir(), 'metal3-bench-media-'));
  const file = (name: string, size: number) => writeFileSync(join(folder, name), randomBytes(size));
  file('kernel', 10 * mib);
  file('ramdisk', ramdiskSize);
  file('esp.img', 4 * mib);
  mkdirSync(join(folder, 'isolinux'));
  file('isolinux/isolinux.bin', 40_960);
  file('isolinux/ldlinux.c32', 120_000);

  const waiting = new Set<(index: number) => void>();
  const added: number[] = [];
  const service = testService('ironic-api');
  const ironic: GrpcServer = grpcServer({ ...plain, listen: '127.0.0.1:0' }, [
    implement(BootEntryService, {
      readConfigDrive: () => Promise.reject(new Error('none was asked for')),
      async *watchBootEntries(_request, { signal }) {
        yield { kind: 2 };
        for (let next = 0; !signal.aborted;) {
          const index = added[next];
          if (index === undefined) {
            await new Promise<void>((resolve) => {
              const wake = () => resolve();
              waiting.add(wake);
              signal.addEventListener('abort', wake, { once: true });
            });
            continue;
          }
          next++;
          yield { kind: 3, nodeUuid: nodeOf(index), entry: entryOf(index, folder) };
        }
      },
    }),
  ]);
  await ironic.start(service.signal, service);

  const bundle = await bundleServices(root, ['pxe-server'], join(folder, 'bundle'));
  const flags = {
    'ironic-api': ironic.address,
    'http-listen': '127.0.0.1:0',
    'grpc-listen': '127.0.0.1:0',
    'grpc-port-file': join(folder, 'grpc'),
    'health-port-file': join(folder, 'health'),
    'cache-folder': join(folder, 'cache'),
    'cache-file-roots': folder,
    'agent-esp-images': `x86_64=file://${join(folder, 'esp.img')}`,
    'agent-isolinux': join(folder, 'isolinux'),
    'log-level': 'warn',
  };
  const args = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]);
  const child: ChildProcess = spawn(process.execPath, [join(bundle, 'pxe-server.mjs'), ...args], { stdio: 'inherit' });
  const written = async (name: string) => {
    for (let tries = 0; tries < 600; tries++) {
      if (existsSync(join(folder, name))) return readFileSync(join(folder, name), 'utf8');
      if (child.exitCode !== null) throw new Error(`pxe-server ended with ${child.exitCode}`);
      await delay(100);
    }
    throw new Error('pxe-server did not start within a minute');
  };
  const boot = bootClient(await written('grpc'));
  const health = await written('health');
  return {
    folder,
    pid: child.pid ?? 0,
    boot,
    add(index) {
      added.push(index);
      for (const wake of waiting) wake(index);
      waiting.clear();
    },
    async metric(name) {
      const text = await (await fetch(`http://${health}/metrics`)).text();
      return Number(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
    },
    async stop() {
      boot.close();
      if (child.exitCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      await ironic.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function entryOf(index: number, folder: string) {
  const network = { links: [{ id: 'eno1', type: 'phy' }], networks: [{ id: 'n', link: 'eno1', ip_address: `10.0.${index >> 8}.${index & 255}` }] }; // prettier-ignore
  return {
    nodeUuid: nodeOf(index),
    capability: capabilityOf(index),
    macAddresses: [`52:54:00:00:${(index >> 8).toString(16).padStart(2, '0')}:${(index & 255).toString(16).padStart(2, '0')}`], // prettier-ignore
    kind: 'agent',
    kernelUrl: `file://${join(folder, 'kernel')}`,
    ramdiskUrl: `file://${join(folder, 'ramdisk')}`,
    kernelParameters: `nofb nomodeset vga=normal ipa-api-url=http://192.0.2.1:6385 ipa-agent-token=${'t'.repeat(43)}`,
    networkDataJson: new TextEncoder().encode(JSON.stringify(network)),
    bootMode: 'uefi',
    cpuArchitecture: 'x86_64',
  };
}

/** Resident memory of one process, MiB. */
export function rssMiB(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}
