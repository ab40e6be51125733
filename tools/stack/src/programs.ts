import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { freePort } from '@metal3/local-servers';
import { stringify } from 'yaml';
import { reachableAt } from './listen-address.ts';

/** One process of the stack. */
export interface Program {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Answers 200 once the program is ready. */
  readonly readyUrl: string;
}

/** Where everything of this run is; the services find each other by it. */
export interface Wiring {
  readonly root: string;
  /** Folder for databases, keys and configuration files. */
  readonly dir: string;
  /** Folder of the bundled services, `<name>.mjs`. */
  readonly bundles: string;
  /** Address that what people and machines reach listens on. */
  readonly listen: string;
  /** The same as it stands in URLs. */
  readonly reachable: string;
  readonly logLevel: string;
  readonly redisUrl: string;
  /** `sqlite:<file>` or a PostgreSQL URL. */
  readonly storeUrl: string;
  readonly auth: { readonly strategy: 'noauth' } | { readonly strategy: 'http_basic'; readonly htpasswdFile: string };
  readonly ports: Ports;
  /** How many hosts there are going to be. */
  readonly hosts: number;
  /** The files of the fleet: agent kernel, ramdisk, boot loader. Without a fleet there is no agent to boot. */
  readonly filesUrl: string | undefined;
  /** Settings laid over what the stack chooses, by service and section: shorter waits for tests. */
  readonly overrides?: Overrides | undefined;
  /** Absent with `--only ironic`. */
  readonly kubernetes: KubernetesWiring | undefined;
}

export type Overrides = Readonly<Partial<Record<ServiceName, Readonly<Record<string, object>>>>>;

export interface KubernetesWiring {
  /** A kubeconfig file for each service, so that their requests can be told apart. */
  readonly kubeconfigFor: (service: string) => Promise<string>;
  readonly namespace: string;
  /** A control plane of our own, not a cluster somewhere. */
  readonly onThisMachine: boolean;
}

export interface Ports {
  readonly rest: number;
  readonly bootMedia: number;
  /** gRPC and health of each service. */
  readonly grpc: Readonly<Record<ServiceName, number>>;
  readonly health: Readonly<Record<ServiceName, number>>;
}

export const serviceNames = ['pxe-server', 'ironic-api', 'ironic-conductor', 'bmo', 'capm3', 'ipam'] as const;
export type ServiceName = (typeof serviceNames)[number];

/** The services of the Ironic half need no Kubernetes. */
export const ironicHalf: readonly ServiceName[] = ['pxe-server', 'ironic-api', 'ironic-conductor'];

/** What each service is told: the content of its configuration file, less what all have. */
const settings: Readonly<Record<ServiceName, (wiring: Wiring) => Promise<object>>> = {
  'pxe-server': async ({ listen, reachable, ports, dir, filesUrl }) => ({
    ironicApi: { address: local(ports.grpc['ironic-api']) },
    http: { listen: `${listen}:${ports.bootMedia}`, url: `http://${reachable}:${ports.bootMedia}` },
    cache: { folder: `${dir}/pxe-cache` },
    ...(filesUrl === undefined ? {} : { agent: { espImages: [`${filesUrl}/ipa/esp.img`] } }),
  }),
  'ironic-api': async (wiring) => ({
    rest: { listen: `${wiring.listen}:${wiring.ports.rest}` },
    auth: wiring.auth,
    store: storeSettings(wiring),
    redis: { url: wiring.redisUrl },
  }),
  'ironic-conductor': async (wiring) => ({
    store: storeSettings(wiring),
    redis: { url: wiring.redisUrl },
    // On one machine a conductor that is gone is known to be gone soon.
    conductor: { lease: '15s' },
    boot: {
      pxeServer: local(wiring.ports.grpc['pxe-server']),
      externalApiUrl: `http://${wiring.reachable}:${wiring.ports.rest}`,
      ...(wiring.filesUrl === undefined
        ? {}
        : { deployKernel: `${wiring.filesUrl}/ipa/vmlinuz`, deployRamdisk: `${wiring.filesUrl}/ipa/initramfs` }),
    },
  }),
  bmo: async (wiring) => ({
    kubernetes: await kubernetesSettings('bmo', wiring),
    ironic: { grpcAddress: local(wiring.ports.grpc['ironic-api']) },
    hostClaims: { enabled: true },
    ...(await webhookSettings(wiring)),
  }),
  capm3: async (wiring) => ({
    kubernetes: await kubernetesSettings('capm3', wiring),
    ...(await webhookSettings(wiring)),
  }),
  ipam: async (wiring) => ({ kubernetes: await kubernetesSettings('ipam', wiring) }),
};

/** Writes the service's configuration file and says how to run it. */
export async function serviceProgram(name: ServiceName, wiring: Wiring): Promise<Program> {
  const file = `${wiring.dir}/${name}/config.yaml`;
  const health = local(wiring.ports.health[name]);
  mkdirSync(dirname(file), { recursive: true });
  const content = {
    service: { healthListen: health, logLevel: wiring.logLevel, shutdownTimeout: '10s' },
    grpc: { listen: local(wiring.ports.grpc[name]) },
    ...(await settings[name](wiring)),
  } as Record<string, object>;
  for (const [section, values] of Object.entries(wiring.overrides?.[name] ?? {})) {
    content[section] = { ...content[section], ...values };
  }
  writeFileSync(file, stringify(content), { mode: 0o600 });
  return {
    name,
    command: process.execPath,
    args: [
      '--disable-warning=ExperimentalWarning',
      ...heapFlags(name, wiring.hosts),
      `${wiring.bundles}/${name}.mjs`,
      '--config',
      file,
    ],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: process.env.TMPDIR, NODE_ENV: 'production' },
    cwd: wiring.root,
    readyUrl: `http://${health}/readyz`,
  };
}

/**
 * Left alone, V8 lets a heap grow to several times what is in use before it cleans up. The store's two users hold about 60 MB live at 300
 * nodes, bmo 38 MB at 100 hosts of which two thirds are code; with these limits they stay below half of the memory they would take, for a
 * tenth more CPU. bmo's grows with its hosts: it holds all of them.
 */
function heapFlags(name: ServiceName, hosts: number): readonly string[] {
  const limits: Partial<Record<ServiceName, number>> = {
    'ironic-api': 256,
    'ironic-conductor': 256,
    bmo: 96 + Math.ceil(hosts / 2),
  };
  const limit = limits[name];
  return ['--max-semi-space-size=4', ...(limit === undefined ? [] : [`--max-old-space-size=${limit}`])];
}

/** The simulated data centre. */
export function fleetProgram(options: {
  readonly root: string;
  readonly listen: string;
  readonly port: number;
  readonly hosts: number;
  readonly timeScale: number;
  readonly heartbeatInterval: number;
  /** Where machines find their iPXE script, as the fleet takes it. */
  readonly pxeUrl: string | undefined;
  /** RAID controllers of the machines, as the fleet takes them. */
  readonly raid: string | undefined;
}): Program {
  const flags = {
    hosts: options.hosts,
    listen: `${options.listen}:${options.port}`,
    advertise: reachableAt(options.listen),
    'time-scale': options.timeScale,
    'heartbeat-interval': options.heartbeatInterval,
    ...(options.pxeUrl === undefined ? {} : { 'pxe-url': options.pxeUrl }),
    ...(options.raid === undefined ? {} : { raid: options.raid }),
  };
  return {
    name: 'fleet',
    command: process.execPath,
    args: [
      '--disable-warning=ExperimentalWarning',
      'tools/fleet/src/main.ts',
      ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]),
    ],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: process.env.TMPDIR },
    cwd: options.root,
    readyUrl: `http://${reachableAt(options.listen)}:${options.port}/fleet`,
  };
}

function storeSettings({ storeUrl, dir }: Wiring) {
  return { url: storeUrl, keyFile: `${dir}/store.key` };
}

async function kubernetesSettings(name: ServiceName, { kubernetes }: Wiring) {
  if (kubernetes === undefined) throw new Error(`${name} needs Kubernetes`);
  return { kubeconfig: await kubernetes.kubeconfigFor(name), namespace: kubernetes.namespace };
}

/** A control plane on this machine reaches webhooks on this machine; a cluster elsewhere does not. */
async function webhookSettings({ kubernetes }: Wiring): Promise<object> {
  return { webhooks: kubernetes?.onThisMachine === true ? { port: await freePort(), register: true } : { port: 0 } };
}

function local(port: number): string {
  return `127.0.0.1:${port}`;
}
