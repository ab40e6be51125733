import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectKubernetes, readKubeConfig, type Kubernetes } from '@metal3/kube-client';
import {
  applyManifests,
  asAdmin,
  chartAccount,
  clusterApiCrds,
  freePort,
  serviceEntry,
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
  /** A token of a service account that this makes, and that may do what the rules say, in this namespace. */
  readonly tokenWith: (name: string, rules: readonly object[]) => Promise<string>;
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

/** @param values of the chart, where they change what its account may do */
export async function startIpamSite(values: object = {}): Promise<IpamSite> {
  const plane = await testControlPlane();
  const { namespace } = plane;
  await applyManifests(plane, (await clusterApiCrds()) as readonly Manifest[]);
  // Grants across namespaces are named after the release.
  const release = `ipam-${randomUUID().slice(0, 8)}`;
  const account = await chartAccount(plane, { chart: 'ipam', release, namespace, values });
  const now = () => Date.now();
  const api = connectKubernetes(readKubeConfig(plane.kubeconfigPath, { env: {}, now }), { userAgent: 'journey', now });
  const folder = mkdtempSync(join(tmpdir(), 'ipam-journey-'));
  const replicas: Replica[] = [];

  return {
    api,
    namespace,
    async tokenWith(name, rules) {
      const rbac = 'rbac.authorization.k8s.io';
      const metadata = { name, namespace };
      await applyManifests(plane, [
        { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
        { apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules },
        {
          apiVersion: `${rbac}/v1`,
          kind: 'RoleBinding',
          metadata,
          roleRef: { apiGroup: rbac, kind: 'Role', name },
          subjects: [{ kind: 'ServiceAccount', name, namespace }],
        },
      ] as Manifest[]);
      const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
      const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
      const { body } = await asAdmin(plane, 'POST', path, request);
      return (body as { readonly status: { readonly token: string } }).status.token;
    },
    async start(flags = []) {
      const [health, grpcAddress] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
      const name = `ipam-${replicas.length}`;
      const child = startChild({
        name,
        command: process.execPath,
        args: [
          serviceEntry('ipam'),
          ...['--kubeconfig', account.kubeconfigPath, '--namespace', namespace],
          ...['--health-listen', health, '--grpc-listen', grpcAddress, ...flags],
        ],
        env: { PATH: process.env['PATH'], HOME: folder, NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] },
        logFile: join(folder, `${name}.log`),
      });
      const replica = { ...child, grpcAddress };
      replicas.push(replica);
      await waitUntilReady(child, async () => (await fetch(`http://${health}/readyz`)).ok, 60_000);
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
