import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectKubernetes, type Kubernetes, readKubeConfig } from '@metal3/kube-client';
import {
  applyManifests,
  chartAccount,
  type Child,
  type ControlPlane,
  freePort,
  type Manifest,
  serviceAccountKubeconfig,
  startChild,
  startControlPlane,
  waitUntilReady,
} from '@metal3/local-servers';
import { applyCustomResourceDefinitions, bundleServices } from '@metal3/stack';
import { type Usage, usageOf } from '../process-usage.ts';
import { type SeenClaim, type Way, wayOf } from './way.ts';
import { writesByCall, type WriteCounts } from './writes.ts';

/**
 * A control plane of its own and the service as its chart runs it: its image's program, its account, its webhooks. Seen only from outside.
 * No controller manager runs: its garbage collector would look at every address that is put in place, on the cores that are measured.
 */
export interface IpamSite {
  readonly client: Kubernetes;
  readonly etcdUrl: string;
  /** Starts the service for one namespace; resolves when it says that it is ready. */
  readonly startService: (namespace: string) => Promise<{ readonly readySeconds: number }>;
  readonly stopService: (signal?: NodeJS.Signals) => Promise<void>;
  readonly usage: () => Readonly<Record<Measured, Usage>>;
  /** Every write that the API server has answered so far, but the makers' own claims. */
  readonly writes: () => Promise<WriteCounts>;
  /** A place in the record of writes, for `waySince`. */
  readonly mark: () => number;
  /** Where the time of these claims went; undefined where writes are not recorded. */
  readonly waySince: (mark: number, claims: readonly SeenClaim[]) => Promise<Way | undefined>;
  readonly stop: () => Promise<void>;
}

/** Whose processor time is told; `maker` is this process, which makes the claims and watches them. */
export type Measured = 'ipam' | 'apiServer' | 'etcd' | 'maker';

export interface SiteOptions {
  readonly root: string;
  readonly say: (line: string) => void;
  /** The API server records every write with its times, which costs it some. */
  readonly records?: boolean;
}

const home = 'metal3-ipam-system';
const maker = 'maker';
const readyTimeoutMs = 60_000;

export async function startIpamSite({ root, say, records = false }: SiteOptions): Promise<IpamSite> {
  const dir = mkdtempSync(join(tmpdir(), 'metal3-ipam-bench-'));
  const auditFile = join(dir, 'audit.log');
  const stops: (() => Promise<void>)[] = [async () => rmSync(dir, { recursive: true, force: true })];
  const stop = async () => {
    for (const one of stops.toReversed()) await one();
  };
  try {
    const [plane] = await Promise.all([
      startControlPlane({
        dir: join(dir, 'control-plane'),
        ...(records && { auditFile }),
        enableControllerManager: false,
        report: say,
      }).then((started) => {
        stops.push(started.stop);
        return started;
      }),
      bundleServices(root, ['ipam'], join(dir, 'programs')),
    ]);
    const webhookPort = await freePort();
    await applyManifests(plane, makerAccount);
    const client = await clientOf(plane);
    stops.push(() => client.close());
    await applyCustomResourceDefinitions(client, root, 'own');
    // With "Ignore" claims can be made while the service is being restarted, too.
    const values = { webhook: { failurePolicy: 'Ignore' } };
    const account = await chartAccount(plane, { chart: 'ipam', namespace: home, values });
    stops.push(account.remove);
    const registrations = account.manifests.filter(({ kind }) => kind.endsWith('WebhookConfiguration'));
    await applyManifests(
      plane,
      registrations.map((one) => reachedByUrl(one, webhookPort)),
    );

    let service: Child | undefined;
    const stopService = async (signal: NodeJS.Signals = 'SIGTERM') => {
      await service?.stop({ signal });
      service = undefined;
    };
    stops.push(() => stopService());

    return {
      client,
      etcdUrl: plane.etcdUrl,
      async startService(namespace) {
        const health = `127.0.0.1:${await freePort()}`;
        const began = performance.now();
        const child = startChild({
          name: 'ipam',
          command: process.execPath,
          args: [
            ...['--disable-warning=ExperimentalWarning', join(dir, 'programs', 'ipam.mjs')],
            ...['--kubeconfig', account.kubeconfigPath, '--namespace', namespace, '--health-listen', health],
            ...['--webhook-port', String(webhookPort)],
            ...registrations.slice(0, 1).flatMap(({ metadata }) => ['--webhooks-configuration', metadata.name]),
          ],
          // Where the Secret with the certificates of its webhooks is.
          env: { PATH: process.env['PATH'], HOME: dir, NODE_ENV: 'production', POD_NAMESPACE: home },
          logFile: join(dir, 'ipam.log'),
        });
        service = child;
        await waitUntilReady(child, async () => (await fetch(`http://${health}/readyz`)).ok, readyTimeoutMs);
        return { readySeconds: (performance.now() - began) / 1000 };
      },
      stopService,
      usage: () => {
        const { apiServer, etcd } = plane.pids();
        const { user, system } = process.cpuUsage();
        return {
          ipam: usageOf(service?.pid ?? 0),
          apiServer: usageOf(apiServer),
          etcd: usageOf(etcd),
          maker: { cpuMs: (user + system) / 1000, pssMiB: 0 },
        };
      },
      writes: async () => writesByCall(await client.text('/metrics')),
      mark: () => statSync(auditFile, { throwIfNoEntry: false })?.size ?? 0,
      waySince: async (mark, claims) => (records ? wayOf(auditFile, mark, claims) : undefined),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Who makes the claims: like the service, by a token. A client certificate would be verified anew with every request. */
const makerAccount = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: home } },
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: maker, namespace: home } },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: maker },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', name: maker, namespace: home }],
  },
] as readonly Manifest[];

async function clientOf(plane: ControlPlane): Promise<Kubernetes> {
  const path = join(plane.dir, 'maker.kubeconfig');
  writeFileSync(path, await serviceAccountKubeconfig(plane, { namespace: home, name: maker }), { mode: 0o600 });
  const access = readKubeConfig(path, { env: {}, now: Date.now });
  return connectKubernetes(access, { userAgent: 'bench/0.1.0', now: Date.now });
}

interface Registration extends Manifest {
  readonly webhooks: readonly { readonly clientConfig: { readonly service: { readonly path: string } } }[];
}

/** What the chart registers, for a service on this machine. */
function reachedByUrl(manifest: Manifest, port: number): Manifest {
  const registration = manifest as Registration;
  const webhooks = registration.webhooks.map((webhook) => ({
    ...webhook,
    clientConfig: { url: `https://127.0.0.1:${port}${webhook.clientConfig.service.path}` },
  }));
  return { ...registration, webhooks } as Manifest;
}
