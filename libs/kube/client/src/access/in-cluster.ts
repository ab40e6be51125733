import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ClusterAccess, ClusterAccessError } from './access.ts';
import { type KubeConfigOptions, readKubeConfig } from './kubeconfig.ts';
import { tokenFile } from './token-file.ts';

const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Access by the service account of the pod that we run in. @throws ClusterAccessError outside a pod */
export function inClusterAccess({
  env,
  now,
  folder = serviceAccountFolder,
}: {
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => number;
  readonly folder?: string;
}): ClusterAccess {
  const host = env['KUBERNETES_SERVICE_HOST'];
  const port = env['KUBERNETES_SERVICE_PORT'] ?? '443';
  if (host === undefined || !existsSync(join(folder, 'token'))) {
    throw new ClusterAccessError('not running in a pod: give --kubeconfig FILE');
  }
  const namespaceFile = join(folder, 'namespace');
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    tls: { ca: readFileSync(join(folder, 'ca.crt'), 'utf8') },
    namespace: existsSync(namespaceFile) ? readFileSync(namespaceFile, 'utf8').trim() : 'default',
    credentials: tokenFile(join(folder, 'token'), now),
  };
}

/** The given kubeconfig file, or, without one, the pod's service account. KUBECONFIG is never read. */
export function findClusterAccess(
  options: KubeConfigOptions & { readonly kubeconfig?: string | undefined },
): ClusterAccess {
  return options.kubeconfig === undefined || options.kubeconfig === ''
    ? inClusterAccess(options)
    : readKubeConfig(options.kubeconfig, options);
}
