import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectKubernetes, readKubeConfig, type Kubernetes } from '@metal3/kube-client';
import {
  applyManifests,
  chartAccount,
  clusterApiCrds,
  freePort,
  startChild,
  testControlPlane,
  waitUntilReady,
  type Child,
  type Manifest,
} from '@metal3/local-servers';

export const root = join(import.meta.dirname, '../..');

/** A namespace of one's own on the real API server, with Cluster API's kinds, and the service under the account that its chart gives it. */
export interface IpamSite {
  /** The administrator's client. */
  readonly api: Kubernetes;
  readonly namespace: string;
  /** Starts a replica; resolves when it is ready. */
  readonly start: (flags?: readonly string[]) => Promise<Replica>;
  /** What the replicas have logged, parsed, oldest first. */
  readonly logs: () => readonly LogLine[];
  readonly stop: () => Promise<void>;
}

export interface Replica extends Child {
  /** Where its gRPC server listens. */
  readonly grpcAddress: string;
}

export interface LogLine {
  readonly level: string | number;
  readonly msg?: string;
}

export async function startIpamSite(): Promise<IpamSite> {
  const plane = await testControlPlane();
  const { namespace } = plane;
  await applyManifests(plane, (await clusterApiCrds()) as readonly Manifest[]);
  // Grants across namespaces are named after the release.
  const account = await chartAccount(plane, { chart: 'ipam', release: `ipam-${randomUUID().slice(0, 8)}`, namespace });
  const now = () => Date.now();
  const api = connectKubernetes(readKubeConfig(plane.kubeconfigPath, { env: {}, now }), { userAgent: 'journey', now });
  const folder = mkdtempSync(join(tmpdir(), 'ipam-journey-'));
  const replicas: Replica[] = [];

  return {
    api,
    namespace,
    async start(flags = []) {
      const [health, grpcAddress] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
      const name = `ipam-${replicas.length}`;
      const child = startChild({
        name,
        command: process.execPath,
        args: [
          join(root, 'apps/ipam/src/main.ts'),
          ...['--kubeconfig', account.kubeconfigPath, '--namespace', namespace],
          ...['--health-listen', health, '--grpc-listen', grpcAddress, ...flags],
        ],
        env: { PATH: process.env['PATH'], HOME: folder },
        logFile: join(folder, `${name}.log`),
      });
      const replica = { ...child, grpcAddress };
      replicas.push(replica);
      await waitUntilReady(child, async () => (await fetch(`http://${health}/readyz`)).ok, 30_000);
      return replica;
    },
    logs: () => replicas.flatMap((replica) => linesOf(replica.logTail(10_000))),
    async stop() {
      await Promise.all(replicas.map((replica) => replica.stop({ graceMs: 5_000 })));
      await account.remove();
      await api.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function linesOf(text: string): LogLine[] {
  return text.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as LogLine] : []));
}
