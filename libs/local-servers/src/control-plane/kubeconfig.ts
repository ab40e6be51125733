import { stringify } from 'yaml';
import type { KeyPair } from './certificates.ts';

/** A kubeconfig with everything inside, for one user of one cluster. */
export function renderKubeconfig(
  cluster: { readonly url: string; readonly ca: string },
  user: string,
  pair: KeyPair,
): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'metal3', cluster: { server: cluster.url, 'certificate-authority-data': base64(cluster.ca) } }],
    users: [
      { name: user, user: { 'client-certificate-data': base64(pair.cert), 'client-key-data': base64(pair.key) } },
    ],
    contexts: [{ name: 'metal3', context: { cluster: 'metal3', user } }],
    'current-context': 'metal3',
  });
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
