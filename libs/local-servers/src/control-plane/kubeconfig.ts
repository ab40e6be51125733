import { stringify } from 'yaml';
import type { KeyPair } from './certificates.ts';

/** A kubeconfig with everything inside, for one user of one cluster. */
export function renderKubeconfig(
  cluster: { readonly url: string; readonly ca: string },
  user: string,
  pair: KeyPair,
): string {
  return render(cluster, user, { 'client-certificate-data': base64(pair.cert), 'client-key-data': base64(pair.key) });
}

/** The same for a holder of a token, in a namespace. */
export function renderTokenKubeconfig(
  cluster: { readonly url: string; readonly ca: string },
  { user, token, namespace }: { readonly user: string; readonly token: string; readonly namespace: string },
): string {
  return render(cluster, user, { token }, { namespace });
}

function render(
  cluster: { readonly url: string; readonly ca: string },
  user: string,
  credentials: object,
  context: { readonly namespace?: string } = {},
): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'metal3', cluster: { server: cluster.url, 'certificate-authority-data': base64(cluster.ca) } }],
    users: [{ name: user, user: credentials }],
    contexts: [{ name: 'metal3', context: { cluster: 'metal3', user, ...context } }],
    'current-context': 'metal3',
  });
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
