import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Fleet, type FleetOptions, startFleet } from '@metal3/fleet';
import { serviceEntry } from '@metal3/local-servers';
import { openNodeStore, readOrCreateKey, type NodeStore } from '@metal3/node-store';
import { eventually } from '@metal3/testing';
import { isoServer } from './iso-server.ts';

export interface NodeView {
  readonly uuid: string;
  readonly provision_state: string;
  readonly target_provision_state: string | null;
  readonly power_state: string | null;
  readonly last_error: string | null;
  readonly maintenance: boolean;
  readonly fault: string | null;
  readonly reservation: string | null;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly [other: string]: unknown;
}

/** One data centre: simulated machines, an ironic-api and conductors as processes of their own, and the media they boot from. */
export interface Site {
  readonly fleet: Fleet;
  readonly store: NodeStore;
  readonly api: string;
  readonly folder: string;
  startConductor(env?: Readonly<Record<string, string>>): Promise<ChildProcess>;
  /** Enrols machine number `index`; the UUID of the node is the machine's. */
  enrol(index: number, more?: Readonly<Record<string, unknown>>): Promise<string>;
  node(uuid: string): Promise<NodeView>;
  rest(method: string, path: string, body?: unknown): Promise<unknown>;
  ask(uuid: string, target: string, more?: Readonly<Record<string, unknown>>): Promise<void>;
  patch(uuid: string, path: string, value: unknown): Promise<void>;
  /** Waits for a state, and for the end of the work on it. */
  reaches(uuid: string, state: string, timeoutMs?: number): Promise<NodeView>;
  image(name?: string): Promise<Readonly<Record<string, string>>>;
  close(): Promise<void>;
}

export async function startSite(options: {
  hosts: number;
  timeScale?: number;
  heartbeatInterval?: number;
  /** What is special about the machines. */
  fleet?: Partial<FleetOptions>;
}): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), 'metal3-conductor-'));
  const url = `sqlite:${join(folder, 'ironic.sqlite')}`;
  const keyFile = join(folder, 'key');
  const store = await openNodeStore({ url, key: await readOrCreateKey(keyFile) });
  const isos = await isoServer(store);
  const fleet = await startFleet({
    hosts: options.hosts,
    timeScale: options.timeScale ?? 0,
    heartbeatInterval: options.heartbeatInterval ?? 2,
    pxeUrl: `${isos.url}/ipxe/{mac}/boot.ipxe`,
    ...options.fleet,
  });
  const children = new Set<ChildProcess>();

  const start = (app: string, args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess => {
    const child = spawn(process.execPath, [serviceEntry(app), '--store', url, '--store-key-file', keyFile, ...args], {
      env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log = createWriteStream(join(folder, `${app}-${child.pid}.log`));
    child.stdout?.pipe(log);
    child.stderr?.pipe(log);
    children.add(child);
    return child;
  };
  const address = join(folder, 'rest.address');
  start('ironic-api', ['--listen', '127.0.0.1:0', '--port-file', address, '--auth', 'noauth'], {
    AGENT_REQUESTS_PER_SECOND: '0',
  });
  let api: string;
  try {
    await eventually(() => existsSync(address), { timeoutMs: 60_000 });
    api = `http://${readFileSync(address, 'utf8')}`;
  } catch (error) {
    await Promise.all([...children].map((child) => stopped(child, 'SIGKILL')));
    await Promise.all([fleet.close(), isos.close(), store.close()]);
    throw new Error(`ironic-api did not start; its log is in ${folder}`, { cause: error });
  }

  const rest = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${api}${path}`, {
      method,
      headers: { 'content-type': 'application/json', 'x-openstack-ironic-api-version': '1.115' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
  const node = async (uuid: string) => (await rest('GET', `/v1/nodes/${uuid}`)) as NodeView;

  const site: Site = {
    fleet,
    store,
    api,
    folder,
    async startConductor(env = {}) {
      const child = start('ironic-conductor', ['--external-api-url', api], {
        BOOT_MEDIA_URL: isos.url,
        DEPLOY_KERNEL_URL: `${fleet.urls.files}/ipa/vmlinuz`,
        DEPLOY_RAMDISK_URL: `${fleet.urls.files}/ipa/initramfs`,
        CONDUCTOR_SWEEP: '200ms',
        ...env,
      });
      await eventually(
        async () =>
          (await store.conductors.list()).some((each) => each.alive && each.hostname.endsWith(`-${child.pid}`)) ||
          undefined,
        // Eight that start at once on a busy machine need more than a minute.
        { timeoutMs: 180_000 },
      );
      // The API looks at the table of conductors once a second.
      await eventually(async () => {
        const { drivers } = (await rest('GET', '/v1/drivers')) as { readonly drivers: readonly unknown[] };
        return drivers.length > 0;
      });
      return child;
    },
    async enrol(index, more = {}) {
      const machine = fleet.machine(`node-${index}`);
      const { uuid, account } = machine.identity;
      const node = {
        uuid,
        name: machine.identity.name,
        driver: 'redfish',
        boot_interface: 'redfish-virtual-media',
        inspect_interface: 'agent',
        deploy_interface: 'direct',
        driver_info: {
          redfish_address: fleet.urls.bmc,
          redfish_system_id: `/redfish/v1/Systems/${uuid}`,
          redfish_username: account.username,
          redfish_password: account.password,
        },
        properties: { capabilities: 'boot_mode:uefi' },
        ...more,
      };
      // The API knows a new conductor group a second after its conductor has registered.
      await eventually(() => rest('POST', '/v1/nodes', node), { everyMs: 200 });
      await rest('POST', '/v1/ports', { node_uuid: uuid, address: machine.identity.macs[0] });
      return uuid;
    },
    node,
    rest,
    ask: async (uuid, target, more = {}) => {
      await rest('PUT', `/v1/nodes/${uuid}/states/provision`, { target, ...more });
    },
    patch: async (uuid, path, value) => {
      await rest('PATCH', `/v1/nodes/${uuid}`, [{ op: 'add', path, value }]);
    },
    reaches(uuid, state, timeoutMs = 90_000) {
      return eventually(
        async () => {
          const view = await node(uuid);
          if (view.provision_state === state && view.reservation === null) return view;
          throw new Error(
            `${uuid} is ${view.provision_state} (${view.last_error ?? 'no error'}), not ${state}; logs in ${folder}`,
          );
        },
        { timeoutMs, everyMs: 50 },
      );
    },
    async image(name = 'tiny.raw') {
      const source = `${fleet.urls.files}/images/${name}`;
      const sum = (await (await fetch(`${source}.sha256sum`)).text()).split(/\s/)[0] ?? '';
      return {
        image_source: source,
        image_os_hash_algo: 'sha256',
        image_os_hash_value: sum,
        image_disk_format: name.endsWith('.qcow2') ? 'qcow2' : 'raw',
      };
    },
    async close() {
      await Promise.all([...children].map((child) => stopped(child)));
      writeFileSync(
        join(folder, 'ledger.json'),
        fleet.world.ledger
          .find({})
          .map((entry) => JSON.stringify(entry))
          .join('\n'),
      );
      await fleet.close();
      await isos.close();
      await store.close();
      if (process.env['KEEP_SITE'] === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
  return site;
}

/** Ends a process in an orderly way, or at last in any. */
export function stopped(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((ended) => {
    const last = setTimeout(() => child.kill('SIGKILL'), 15_000);
    child.once('exit', () => {
      clearTimeout(last);
      ended();
    });
    child.kill(signal);
    // A stopped (SIGSTOP) process does not see SIGTERM until it goes on.
    child.kill('SIGCONT');
  });
}
