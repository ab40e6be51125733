import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { type ClusterAccess, ClusterAccessError, type Credentials, fixedCredential } from './access.ts';
import { type ExecPlugin, execPlugin } from './exec-plugin.ts';
import { tokenFile } from './token-file.ts';

interface KubeConfigFile {
  readonly 'current-context'?: string;
  readonly contexts?: readonly Named<'context', { cluster: string; user: string; namespace?: string }>[];
  readonly clusters?: readonly Named<'cluster', ClusterEntry>[];
  readonly users?: readonly Named<'user', UserEntry>[];
}

type Named<Field extends string, Entry> = { readonly name: string } & { readonly [field in Field]?: Entry };

interface ClusterEntry {
  readonly server?: string;
  readonly 'certificate-authority'?: string;
  readonly 'certificate-authority-data'?: string;
  readonly 'tls-server-name'?: string;
  readonly 'insecure-skip-tls-verify'?: boolean;
}

interface UserEntry {
  readonly token?: string;
  readonly tokenFile?: string;
  readonly username?: string;
  readonly password?: string;
  readonly 'client-certificate'?: string;
  readonly 'client-certificate-data'?: string;
  readonly 'client-key'?: string;
  readonly 'client-key-data'?: string;
  readonly exec?: ExecPlugin;
}

export interface KubeConfigOptions {
  /** The file's current-context if left out. */
  readonly context?: string | undefined;
  /** Environment for credential plugins. */
  readonly env: NodeJS.ProcessEnv;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Reads one kubeconfig file. Certificates, tokens, basic credentials and credential plugins are understood.
 *
 * @throws ClusterAccessError naming the file and the field
 */
export function readKubeConfig(path: string, options: KubeConfigOptions): ClusterAccess {
  const fail = (problem: string, cause?: unknown): never => {
    throw new ClusterAccessError(`kubeconfig ${path}: ${problem}`, { cause });
  };
  return accessOf(
    read(path, (cause) => fail('cannot be read; give an existing file', cause)),
    path,
    options,
  );
}

/**
 * Reads a kubeconfig that lies in a Secret. It was written by somebody else, so it may neither name files of this machine nor have
 * programs run here.
 *
 * @param source what to call it in errors, such as `Secret metal3/blue-kubeconfig`
 * @throws ClusterAccessError naming the source and the field
 */
export function readEmbeddedKubeConfig(text: string, source: string, now: () => number): ClusterAccess {
  const { users = [], clusters = [] } = (parse(text) as KubeConfigFile | null) ?? {};
  const entries = [...users.map(({ user }) => user ?? {}), ...clusters.map(({ cluster }) => cluster ?? {})];
  const refused = ['exec', 'tokenFile', 'client-certificate', 'client-key', 'certificate-authority'];
  const found = refused.find((field) => entries.some((entry) => field in entry));
  if (found !== undefined)
    throw new ClusterAccessError(`kubeconfig ${source}: ${found} is not allowed; embed the data`);
  return accessOf(text, source, { env: {}, now });
}

function accessOf(text: string, path: string, options: KubeConfigOptions): ClusterAccess {
  const fail = (problem: string, cause?: unknown): never => {
    throw new ClusterAccessError(`kubeconfig ${path}: ${problem}`, { cause });
  };
  const file = parse(text) as KubeConfigFile | null;
  if (typeof file !== 'object' || file === null) return fail('is no kubeconfig');

  const contextName = options.context ?? file['current-context'] ?? '';
  const context = file.contexts?.find(({ name }) => name === contextName)?.context;
  if (context === undefined) return fail(`has no context "${contextName}"; name one with --context or current-context`);
  const cluster = file.clusters?.find(({ name }) => name === context.cluster)?.cluster;
  if (cluster?.server === undefined) return fail(`context "${contextName}" names a cluster without a server`);
  const user = file.users?.find(({ name }) => name === context.user)?.user ?? {};

  const beside = (relative: string): string => resolve(dirname(path), relative);
  const pem = (field: string, data: string | undefined, name: string | undefined): string | undefined => {
    if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8');
    return name === undefined
      ? undefined
      : read(beside(name), (cause) => fail(`the file of ${field} cannot be read`, cause));
  };

  const ca = pem('certificate-authority', cluster['certificate-authority-data'], cluster['certificate-authority']);
  return {
    server: cluster.server.replace(/\/+$/, ''),
    tls: {
      ca,
      serverName: cluster['tls-server-name'],
      insecure: cluster['insecure-skip-tls-verify'] ?? false,
    },
    namespace: context.namespace ?? 'default',
    credentials: credentialsOf(user),
  };

  function credentialsOf(entry: UserEntry): Credentials {
    if (entry.exec !== undefined) {
      return execPlugin(entry.exec, { server: cluster?.server ?? '', ca }, { ...options, configFile: path });
    }
    if (entry.tokenFile !== undefined) return tokenFile(beside(entry.tokenFile), options.now);
    const cert = pem('client-certificate', entry['client-certificate-data'], entry['client-certificate']);
    const key = pem('client-key', entry['client-key-data'], entry['client-key']);
    if ((cert === undefined) !== (key === undefined)) return fail('a client certificate and its key go together');
    const basic = Buffer.from(`${entry.username ?? ''}:${entry.password ?? ''}`).toString('base64');
    const authorization =
      entry.token !== undefined ? `Bearer ${entry.token}` : entry.username !== undefined ? `Basic ${basic}` : undefined;
    return fixedCredential({
      authorization,
      certificate: cert !== undefined && key !== undefined ? { cert, key } : undefined,
    });
  }
}

function read(path: string, fail: (cause: unknown) => never): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    return fail(cause);
  }
}
