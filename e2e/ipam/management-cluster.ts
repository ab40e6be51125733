import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { infrastructureProvider, ipamProvider, type Provider } from '@metal3/clusterctl';
import {
  applyManifests,
  asAdmin,
  type Child,
  createAuthority,
  ensureBinaries,
  freePort,
  type Manifest,
  serviceAccountKubeconfig,
  serviceEntry,
  startChild,
  startControlPlane,
  type ControlPlane,
  waitUntilReady,
} from '@metal3/local-servers';
import { parse } from 'yaml';
import type { ClusterApiProvider } from './cluster-api.ts';
import type { Clusterctl } from './clusterctl-site.ts';

const root = resolve(import.meta.dirname, '../..');

/** A management cluster as clusterctl makes it, but for nodes: what Deployments would run, we start beside it. */
export interface ManagementCluster {
  readonly plane: ControlPlane;
  /** Runs clusterctl here. */
  clusterctl(...args: readonly string[]): Promise<string>;
  /** Where the first provider serves its diagnostics, if it has any. */
  readonly diagnosticsUrl: string | undefined;
  /** The end of the log of what a chart has installed. */
  log(chart: string): string;
  stop(): Promise<void>;
}

export interface ManagementClusterOptions {
  /** Flags of our programs, by chart, besides those of their Deployments. */
  readonly flags?: Readonly<Record<string, readonly string[]>>;
  /** As of `startControlPlane`. */
  readonly auditFile?: string;
}

interface ClientConfig {
  readonly service?: {
    readonly name: string;
    readonly namespace: string;
    readonly path?: string;
    readonly port?: number;
  };
  readonly caBundle?: string;
}
interface Configuration {
  readonly metadata: { readonly name: string };
  readonly webhooks: readonly { readonly name: string; readonly clientConfig: ClientConfig }[];
}
interface Crd {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly conversion?: { readonly webhook?: { readonly clientConfig: ClientConfig } } };
}

const registrations = '/apis/admissionregistration.k8s.io/v1';
const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const merge = 'application/merge-patch+json';

/** Starts a control plane, has clusterctl install its repository's Cluster API and our providers on it, and runs all of the programs. */
export async function startManagementCluster(
  clusterctl: Clusterctl,
  version: string,
  providers: readonly Provider[] = [ipamProvider],
  { flags = {}, auditFile }: ManagementClusterOptions = {},
): Promise<ManagementCluster> {
  // As OpenShift has it: whoever makes something belong to something else needs rights to both.
  const plane = await startControlPlane({ auditFile, admissionPlugins: ['OwnerReferencesPermissionEnforcement'] });
  const running: Child[] = [];
  let diagnosticsUrl: string | undefined;
  const here = (...args: readonly string[]) => clusterctl.run(plane.kubeconfigPath, ...args);
  const stop = async () => {
    await Promise.all(running.map((child) => child.stop({ graceMs: 5_000 })));
    await plane.stop();
  };
  try {
    await here(
      'init',
      ...(['core', 'bootstrap', 'control-plane'] as const).flatMap((flag) => [
        `--${flag}`,
        clusterctl.clusterApi.find((one) => one.flag === flag)?.name ?? '-',
      ]),
      ...providers.flatMap(({ type, name }) => [
        type === 'IPAMProvider' ? '--ipam' : '--infrastructure',
        `${name}:${version}`,
      ]),
    );
    if (!providers.includes(infrastructureProvider)) await applyManifests(plane, [infrastructure()]);
    for (const provider of clusterctl.clusterApi) running.push(await startClusterApi(plane, provider));
    for (const { chart, namespace } of providers) {
      const name = `${chart}-controller-manager`;
      const child = await startInstalled(plane, { chart, namespace, name, flags: flags[chart] ?? [] });
      diagnosticsUrl ??= child.diagnosticsUrl;
      running.push(child);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const log = (chart: string) => running.find(({ name }) => name === chart)?.logTail(100_000) ?? '';
  return { plane, clusterctl: here, diagnosticsUrl, log, stop };
}

/** A Cluster has to name some infrastructure: that of Metal3, as a kind without its controller. */
function infrastructure(): Manifest {
  const file = join(root, 'charts/capm3/files/crds/infrastructure.cluster.x-k8s.io_metal3clusters.yaml');
  const crd = parse(readFileSync(file, 'utf8')) as Manifest;
  return {
    ...crd,
    metadata: { ...crd.metadata, labels: { ...crd.metadata.labels, 'clusterctl.cluster.x-k8s.io': '' } },
  };
}

/** Controllers of Cluster API, with a certificate that the API server is told to trust, which is cert-manager's work elsewhere. */
async function startClusterApi(
  plane: ControlPlane,
  { program, namespace, webhookService }: ClusterApiProvider,
): Promise<Child> {
  const command = (await ensureBinaries({ names: [program] }))[program];
  const folder = join(plane.dir, program);
  mkdirSync(folder);
  const authority = await createAuthority('stand-in for cert-manager');
  const service = { name: webhookService, namespace };
  const pair = await authority.issueServer('webhook', [
    { type: 'dns', value: `${service.name}.${service.namespace}.svc` },
  ]);
  writeFileSync(join(folder, 'tls.crt'), pair.cert);
  writeFileSync(join(folder, 'tls.key'), pair.key);
  const [port, health, diagnostics] = [await freePort(), await freePort(), await freePort()];
  await reachOnThisMachine(plane, service, { port, caBundle: Buffer.from(authority.cert).toString('base64') });

  const child = startChild({
    name: program,
    command,
    args: [
      `--kubeconfig=${plane.kubeconfigPath}`,
      `--webhook-port=${port}`,
      `--webhook-cert-dir=${folder}`,
      `--health-addr=127.0.0.1:${health}`,
      `--diagnostics-address=127.0.0.1:${diagnostics}`,
      '--insecure-diagnostics',
    ],
    logFile: join(folder, 'log'),
  });
  await waitUntilReady(child, async () => (await fetch(`http://127.0.0.1:${health}/readyz`)).ok, 60_000);
  return child;
}

/** What a chart or clusterctl has installed, and how to run it beside the cluster. */
interface Installed {
  readonly namespace: string;
  readonly name: string;
  readonly flags?: readonly string[];
}

export function startInstalledIpam(
  plane: ControlPlane,
  installed: Installed,
): Promise<Child & { readonly healthUrl: string }> {
  return startInstalled(plane, { chart: 'ipam', ...installed });
}

/** A service as its Deployment would run it: its account, its ConfigMap; only addresses and ports are those of this machine. */
export async function startInstalled(
  plane: ControlPlane,
  { chart, namespace, name, flags = [] }: Installed & { readonly chart: string },
): Promise<Child & { readonly healthUrl: string; readonly diagnosticsUrl: string | undefined }> {
  const folder = join(plane.dir, chart);
  mkdirSync(folder);
  const [port, health] = [await freePort(), await freePort()];
  await reachOnThisMachine(plane, { name, namespace }, { port });
  const config = await asAdmin(plane, 'GET', `/api/v1/namespaces/${namespace}/configmaps/${name}`);
  const content = (config.body as { data: Record<string, string> }).data['config.yaml'] ?? '';
  writeFileSync(join(folder, 'config.yaml'), content);
  const { diagnostics } = parse(content) as { readonly diagnostics?: { readonly address?: string } };
  const diagnosticsAddress = diagnostics?.address === undefined ? undefined : `127.0.0.1:${await freePort()}`;
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, await serviceAccountKubeconfig(plane, { namespace, name }), { mode: 0o600 });

  const child = startChild({
    name: chart,
    command: process.execPath,
    args: [
      '--disable-warning=ExperimentalWarning',
      serviceEntry(chart),
      `--config=${folder}/config.yaml`,
      `--kubeconfig=${kubeconfig}`,
      // What the Deployment says, the namespace filled in.
      `--webhooks-names=${name}.${namespace}.svc`,
      '--webhook-host=127.0.0.1',
      `--webhook-port=${port}`,
      `--health-listen=127.0.0.1:${health}`,
      ...(diagnosticsAddress === undefined ? [] : [`--diagnostics-address=${diagnosticsAddress}`]),
      ...flags,
    ],
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      POD_NAMESPACE: namespace,
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
    },
    logFile: join(folder, 'log'),
  });
  const healthUrl = `http://127.0.0.1:${health}`;
  await waitUntilReady(child, async () => (await fetch(`${healthUrl}/readyz`)).ok, 60_000);
  const diagnosticsUrl = diagnosticsAddress && `https://${diagnosticsAddress}`;
  return { ...child, healthUrl, diagnosticsUrl };
}

/**
 * Without a Service network the API server still resolves Services of type ExternalName: their webhooks may be on this machine, and are
 * called as in a cluster, by the name in their certificate.
 */
async function reachOnThisMachine(
  plane: ControlPlane,
  service: { readonly name: string; readonly namespace: string },
  way: { readonly port: number; readonly caBundle?: string },
): Promise<void> {
  const spec = { type: 'ExternalName', externalName: '127.0.0.1' };
  const none = {
    clusterIP: null,
    clusterIPs: null,
    ipFamilies: null,
    ipFamilyPolicy: null,
    internalTrafficPolicy: null,
    selector: null,
  };
  await patch(plane, `/api/v1/namespaces/${service.namespace}/services/${service.name}`, {
    spec: { ...spec, ...none },
  });

  const isIts = ({ service: called }: ClientConfig) =>
    called?.name === service.name && called.namespace === service.namespace;
  const redirected = (config: ClientConfig) => ({
    ...config,
    service: { ...config.service, port: way.port },
    ...(way.caBundle !== undefined && { caBundle: way.caBundle }),
  });
  for (const plural of ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations']) {
    for (const { metadata, webhooks } of await list<Configuration>(plane, `${registrations}/${plural}`)) {
      if (!webhooks.some(({ clientConfig }) => isIts(clientConfig))) continue;
      const changed = webhooks.map((webhook) => ({ ...webhook, clientConfig: redirected(webhook.clientConfig) }));
      await patch(plane, `${registrations}/${plural}/${metadata.name}`, { webhooks: changed });
    }
  }
  for (const { metadata, spec: crd } of await list<Crd>(plane, crds)) {
    const clientConfig = crd.conversion?.webhook?.clientConfig;
    if (clientConfig === undefined || !isIts(clientConfig)) continue;
    await patch(plane, `${crds}/${metadata.name}`, {
      spec: { conversion: { webhook: { clientConfig: redirected(clientConfig) } } },
    });
  }
}

async function list<T>(plane: ControlPlane, path: string): Promise<readonly T[]> {
  return ((await asAdmin(plane, 'GET', path)).body as { items: readonly T[] }).items;
}

async function patch(plane: ControlPlane, path: string, body: object): Promise<void> {
  const reply = await asAdmin(plane, 'PATCH', path, body, merge);
  if (reply.status !== 200) throw new Error(`${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
}
