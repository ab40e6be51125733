import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleServices } from '@metal3/stack';
import { eventually, type Machine, type TestNetwork } from '@metal3/testing';
import { usageOf } from '../process-usage.ts';

/** A server under measurement. */
export interface Running {
  /** Milliseconds of CPU since the last call, and memory now. */
  usage(): { readonly cpuMs: number; readonly pssMiB: number };
  stop(): Promise<void>;
}

/** Two machines on a network of their own: servers run on one, load comes from the other. */
export interface Site {
  readonly folder: string;
  readonly server: Machine;
  readonly client: Machine;
  readonly serverAddress: string;
  readonly clientAddress: string;
  readonly say: (line: string) => void;
  /** Starts pxe-server as it is released, with boot entries for machines by MAC address. */
  startPxe(config: object, macs: readonly string[]): Promise<Running>;
  /** Starts another program; resolves when `ready` does. */
  startOther(command: readonly string[], ready: () => Promise<unknown>): Promise<Running>;
}

const flags = ['--disable-warning=ExperimentalWarning'];

export async function boundSite(
  root: string,
  folder: string,
  network: TestNetwork,
  say: (line: string) => void,
): Promise<Site> {
  const [serverAddress, clientAddress] = ['198.18.0.1', '198.18.255.1'];
  const server = await network.machine('server', { address: `${serverAddress}/16` });
  const client = await network.machine('client', { address: `${clientAddress}/16` });
  const bundles = await bundleServices(root, ['pxe-server'], join(folder, 'bundles'));
  const entriesProgram = join(root, 'apps/pxe-server/test/journeys/fixtures/boot-entries.ts');
  let runs = 0;

  async function start(command: readonly string[], ready: () => Promise<unknown>): Promise<Running> {
    const [file = '', ...args] = command;
    const child = server.start(file, ...args);
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (text: Buffer) => (said = (said + text.toString()).slice(-2000)));
    await eventually(
      async () => {
        if (child.exitCode !== null) throw new Error(`${file} ended with ${child.exitCode}: ${said}`);
        await ready();
        return true;
      },
      { timeoutMs: 90_000 },
    );
    const pid = child.pid ?? 0;
    let before = usageOf(pid).cpuMs;
    return {
      usage() {
        const { cpuMs, pssMiB } = usageOf(pid);
        const spent = cpuMs - before;
        before = cpuMs;
        return { cpuMs: spent, pssMiB: Math.round(pssMiB) };
      },
      async stop() {
        const exit = once(child, 'exit');
        child.kill('SIGTERM');
        await exit;
      },
    };
  }

  return {
    folder,
    server,
    client,
    serverAddress,
    clientAddress,
    say,
    startOther: start,
    async startPxe(config, macs) {
      const own = join(folder, `pxe-${runs++}`);
      await mkdir(own);
      const entries = macs.map((mac, index) => ({
        nodeUuid: `node-${index}`,
        capability: `capability-${index}`,
        kind: 'local',
        macAddresses: [mac],
      }));
      writeFileSync(join(own, 'entries.json'), JSON.stringify(entries));
      server.start(process.execPath, ...flags, entriesProgram, join(own, 'entries.json'), join(own, 'ironic'));
      const address = await eventually(
        async () => (existsSync(join(own, 'ironic')) ? readFileSync(join(own, 'ironic'), 'utf8') : undefined),
        { timeoutMs: 90_000 },
      );
      const settings = {
        ironicApi: { address },
        service: { healthPortFile: join(own, 'health'), logLevel: 'info' },
        cache: { folder: join(own, 'cache') },
        http: { listen: `${serverAddress}:6180` },
        ...config,
      };
      // JSON is YAML.
      writeFileSync(join(own, 'config.yaml'), JSON.stringify(settings));
      return start(
        [process.execPath, ...flags, join(bundles, 'pxe-server.mjs'), '--config', join(own, 'config.yaml')],
        async () => {
          const health = readFileSync(join(own, 'health'), 'utf8');
          await server.run('curl', '-sSf', `http://${health}/readyz`);
        },
      );
    },
  };
}

/** The middle one; of an even number the lower. */
export const median = (values: readonly number[]): number =>
  [...values].sort((one, other) => one - other)[(values.length - 1) >> 1] ?? 0;
