import { mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { ensureBinaries } from '../binaries.mjs';
import type { Child } from '../child-process.ts';
import { startChild, waitUntilReady } from '../child-process.ts';
import { freePort } from '../ports.ts';
import { scratchDir } from '../scratch.ts';
import type { KeyPair } from './certificates.ts';
import { createAuthority, createSigningKeys } from './certificates.ts';
import { renderKubeconfig } from './kubeconfig.ts';

export interface ControlPlaneOptions {
  /** Folder for keys, data and logs, which must not hold an older control plane; a temporary one when left out. */
  readonly dir?: string;
  /** Without it no Namespace ever goes away and owner references are not collected. Default true. */
  readonly enableControllerManager?: boolean;
  /**
   * Pods are made of Deployments and Jobs, with the token of their account, and Services have addresses of loopback; it is the caller's
   * to run them. Default false: nothing comes of a Deployment.
   */
  readonly workloads?: boolean;
  /** Port of the API server; a free one when left out. */
  readonly port?: number;
  /** The API server writes one JSON line for each write it has answered to this file: who, what, status. */
  readonly auditFile?: string | undefined;
  /** Admission plugins besides those that are on by default. */
  readonly admissionPlugins?: readonly string[];
  /** Gets one line when a program has to be made first. */
  readonly report?: (line: string) => void;
}

/** How to reach a control plane, as plain data. */
export interface ControlPlaneAccess {
  readonly url: string;
  /** PEM of the authority that signed the API server's certificate. */
  readonly ca: string;
  /** Client certificate of a cluster administrator (group system:masters). */
  readonly admin: KeyPair;
  /** A kubeconfig file of the same administrator. */
  readonly kubeconfigPath: string;
}

export interface ControlPlane extends ControlPlaneAccess {
  readonly dir: string;
  /** Where etcd answers its clients, without authentication. */
  readonly etcdUrl: string;
  readonly pids: () => { readonly etcd: number; readonly apiServer: number; readonly controllerManager?: number };
  /** A kubeconfig file of another user, whose requests show under that name; RBAC applies unless `groups` holds system:masters. */
  readonly kubeconfigFor: (user: string, groups?: readonly string[]) => Promise<string>;
  readonly stopApiServer: () => Promise<void>;
  /** Starts the API server again on the same port, keys and data; resolves when it is ready. */
  readonly startApiServer: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const readyTimeoutMs = 60_000;
const controllers = ['namespace-controller', 'garbage-collector-controller', 'serviceaccount-controller'];
const workloadControllers = ['deployment-controller', 'replicaset-controller', 'job-controller'];

/** Starts etcd, kube-apiserver (RBAC, service accounts) and kube-controller-manager, all on 127.0.0.1; resolves when ready. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const binaries = await ensureBinaries(options.report === undefined ? {} : { report: options.report });
  const scratch = scratchDir(options.dir, 'control-plane');
  const dir = scratch.dir;
  const pki = await writePki(join(dir, 'pki'));
  const [etcdPort, peerPort, apiPort, managerPort] = await Promise.all([
    freePort(),
    freePort(),
    options.port ?? freePort(),
    freePort(),
  ]);
  const etcdUrl = `http://127.0.0.1:${etcdPort}`;
  const url = `https://127.0.0.1:${apiPort}`;

  const kubeconfigFor = async (user: string, groups: readonly string[] = ['system:masters']) => {
    const path = join(dir, `${user.replaceAll(/[^\w.-]/g, '_')}.kubeconfig`);
    writeFileSync(path, renderKubeconfig({ url, ca: pki.ca }, user, await pki.issueClient(user, groups)), {
      mode: 0o600,
    });
    return path;
  };
  const kubeconfigPath = join(dir, 'kubeconfig');
  writeFileSync(kubeconfigPath, renderKubeconfig({ url, ca: pki.ca }, 'admin', pki.admin), { mode: 0o600 });

  const start = (name: string, command: string, flags: Flags) =>
    startChild({ name, command, args: flagArguments(flags), logFile: join(dir, `${name}.log`), cwd: dir });

  const startEtcd = async () => {
    const child = start('etcd', binaries.etcd, {
      name: 'metal3',
      'data-dir': join(dir, 'etcd'),
      'listen-client-urls': etcdUrl,
      'advertise-client-urls': etcdUrl,
      'listen-peer-urls': `http://127.0.0.1:${peerPort}`,
      'initial-advertise-peer-urls': `http://127.0.0.1:${peerPort}`,
      'initial-cluster': `metal3=http://127.0.0.1:${peerPort}`,
      // What it stores need not survive the machine, only the process.
      'unsafe-no-fsync': true,
      'log-level': 'warn',
    });
    await waitUntilReady(child, async () => (await fetch(`${etcdUrl}/readyz`)).ok, readyTimeoutMs);
    return child;
  };
  const startApi = async () => {
    const child = start('kube-apiserver', binaries['kube-apiserver'], {
      'advertise-address': '127.0.0.1',
      'bind-address': '127.0.0.1',
      'secure-port': apiPort,
      'etcd-servers': etcdUrl,
      'cert-dir': pki.dir,
      'tls-cert-file': join(pki.dir, 'server.crt'),
      'tls-private-key-file': join(pki.dir, 'server.key'),
      'client-ca-file': join(pki.dir, 'ca.crt'),
      'service-account-issuer': `${url}/`,
      'service-account-key-file': join(pki.dir, 'service-account.pub'),
      'service-account-signing-key-file': join(pki.dir, 'service-account.key'),
      'service-cluster-ip-range': options.workloads === true ? '127.77.0.0/16' : '10.0.0.0/24',
      'authorization-mode': 'RBAC',
      ...(options.workloads !== true && { 'disable-admission-plugins': 'ServiceAccount' }),
      ...(options.admissionPlugins === undefined
        ? {}
        : { 'enable-admission-plugins': options.admissionPlugins.join(',') }),
      // There is no Service network here whose endpoints could be kept.
      'endpoint-reconciler-type': 'none',
      'shutdown-delay-duration': '0s',
      ...auditFlags(dir, options.auditFile),
    });
    await waitUntilReady(child, () => isReady(url, pki.ca, pki.admin), readyTimeoutMs);
    return child;
  };
  const startManager = async () =>
    start('kube-controller-manager', binaries['kube-controller-manager'], {
      kubeconfig: await kubeconfigFor('kube-controller-manager'),
      controllers: [...controllers, ...(options.workloads === true ? workloadControllers : [])].join(','),
      'leader-elect': false,
      'bind-address': '127.0.0.1',
      'secure-port': managerPort,
      'cert-dir': pki.dir,
      // Collected owners and emptied namespaces are what tests wait for: look again soon.
      'concurrent-gc-syncs': 10,
      'concurrent-namespace-syncs': 10,
    });

  const running: { etcd?: Child; api?: Child; manager?: Child } = {};
  // The API server hangs in its shutdown when etcd goes first.
  const stop = async () => {
    await running.manager?.stop({ graceMs: 3_000 });
    await running.api?.stop({ graceMs: 5_000 });
    await running.etcd?.stop({ graceMs: 5_000 });
    scratch.remove();
  };
  try {
    running.etcd = await startEtcd();
    running.api = await startApi();
    if (options.enableControllerManager ?? true) running.manager = await startManager();
  } catch (error) {
    await stop();
    throw error;
  }

  return {
    url,
    ca: pki.ca,
    admin: pki.admin,
    kubeconfigPath,
    dir,
    etcdUrl,
    pids: () => ({
      etcd: running.etcd?.pid ?? 0,
      apiServer: running.api?.pid ?? 0,
      ...(running.manager === undefined ? {} : { controllerManager: running.manager.pid }),
    }),
    kubeconfigFor,
    stopApiServer: async () => running.api?.stop({ graceMs: 5_000 }),
    startApiServer: async () => {
      running.api = await startApi();
    },
    stop,
  };
}

type Flags = Readonly<Record<string, string | number | boolean>>;

const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  omitManagedFields: true,
  rules: [{ level: 'Metadata', verbs: ['create', 'update', 'patch', 'delete', 'deletecollection'] }, { level: 'None' }],
};

function auditFlags(dir: string, auditFile: string | undefined): Flags {
  if (auditFile === undefined) return {};
  const policy = join(dir, 'audit-policy.json');
  writeFileSync(policy, JSON.stringify(auditPolicy));
  return { 'audit-policy-file': policy, 'audit-log-path': auditFile };
}

function flagArguments(flags: Flags): string[] {
  return Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
}

async function writePki(dir: string) {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const authority = await createAuthority('metal3-local-control-plane');
  const server = await authority.issueServer('kube-apiserver', [
    { type: 'ip', value: '127.0.0.1' },
    { type: 'dns', value: 'localhost' },
    { type: 'dns', value: 'kubernetes.default.svc' },
  ]);
  const serviceAccount = await createSigningKeys();
  const files = {
    'ca.crt': authority.cert,
    'server.crt': server.cert,
    'server.key': server.key,
    'service-account.key': serviceAccount.privateKey,
    'service-account.pub': serviceAccount.publicKey,
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, name), content, { mode: 0o600 });
  return {
    dir,
    ca: authority.cert,
    issueClient: authority.issueClient,
    admin: await authority.issueClient('admin', ['system:masters']),
  };
}

function isReady(url: string, ca: string, admin: KeyPair): Promise<boolean> {
  return new Promise((resolve) => {
    const call = request(`${url}/readyz`, { ca, ...admin, timeout: 2_000, agent: false }, (reply) => {
      reply.resume();
      resolve(reply.statusCode === 200);
    });
    call.once('timeout', () => call.destroy());
    call.once('error', () => resolve(false));
    call.end();
  });
}
