import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectKubernetes, readKubeConfig, type Kubernetes } from '@metal3/kube-client';
import { freePort, startChild, startControlPlane, waitUntilReady, type Child } from '@metal3/local-servers';
import { applyCustomResourceDefinitions, bundleServices } from '@metal3/stack';
import { countWrites, type WriteCounts } from '../kubernetes-writes.ts';
import { usageOf, type Usage } from '../process-usage.ts';
import { type SeenClaim, type Way, wayOf } from './way.ts';

/**
 * A control plane of its own and the service as its image has it, seen only from outside. No controller manager runs: its garbage
 * collector would look at every address that is put in place, on the cores that are measured.
 */
export interface IpamSite {
  readonly client: Kubernetes;
  readonly etcdUrl: string;
  /** Starts the service for one namespace; resolves when it says that it is ready. */
  readonly startService: (namespace: string) => Promise<{ readonly readySeconds: number }>;
  readonly stopService: (signal?: NodeJS.Signals) => Promise<void>;
  readonly usage: () => Readonly<Record<'ipam' | 'apiServer' | 'etcd', Usage>>;
  /** A place in the API server's record of writes; `writesSince` counts the service's from there on. */
  readonly markWrites: () => number;
  readonly writesSince: (mark: number) => Promise<WriteCounts>;
  readonly waySince: (mark: number, claims: readonly SeenClaim[]) => Promise<Way | undefined>;
  readonly stop: () => Promise<void>;
}

/** First part of the user agent of the service's requests. */
const agent = 'ipam';

export async function startIpamSite(root: string, say: (line: string) => void): Promise<IpamSite> {
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
        auditFile,
        enableControllerManager: false,
        report: say,
      }).then((started) => {
        stops.push(started.stop);
        return started;
      }),
      bundleServices(root, ['ipam'], join(dir, 'programs')),
    ]);
    const access = readKubeConfig(plane.kubeconfigPath, { env: process.env, now: Date.now });
    const client = connectKubernetes(access, { userAgent: 'bench/0.1.0', now: Date.now });
    stops.push(() => client.close());
    await applyCustomResourceDefinitions(client, root, 'own');

    const kubeconfig = await plane.kubeconfigFor(agent);
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
            ...['--kubeconfig', kubeconfig, '--namespace', namespace, '--health-listen', health],
          ],
          env: { PATH: process.env['PATH'], HOME: dir, NODE_ENV: 'production' },
          logFile: join(dir, 'ipam.log'),
        });
        service = child;
        await waitUntilReady(child, async () => (await fetch(`http://${health}/readyz`)).ok, readyTimeoutMs);
        return { readySeconds: (performance.now() - began) / 1000 };
      },
      stopService,
      usage: () => {
        const { apiServer, etcd } = plane.pids();
        return { ipam: usageOf(service?.pid ?? 0), apiServer: usageOf(apiServer), etcd: usageOf(etcd) };
      },
      markWrites: () => statSync(auditFile, { throwIfNoEntry: false })?.size ?? 0,
      writesSince: (mark) => countWrites(auditFile, [agent], mark),
      waySince: (mark, claims) => wayOf(auditFile, mark, claims),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const readyTimeoutMs = 60_000;
