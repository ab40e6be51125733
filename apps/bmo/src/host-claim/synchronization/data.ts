import type { HostClaimSpec } from '@metal3/metal3-api';

/** What of a claim is in Secrets: the part of its spec that names one, the end of its copy's name, and what its failure is called. */
export const dataKinds = ['userData', 'metaData', 'networkData', 'imageAuth'] as const;
export type DataKind = (typeof dataKinds)[number];

const details: Readonly<Record<DataKind, { readonly suffix: string; readonly failure: string }>> = {
  userData: { suffix: 'userdata', failure: 'UserDataSecretSyncFailure' },
  metaData: { suffix: 'metadata', failure: 'MetaDataSecretSyncFailure' },
  networkData: { suffix: 'networkdata', failure: 'NetworkDataSecretSyncFailure' },
  imageAuth: { suffix: 'imageauth', failure: 'ImageAuthSecretSyncFailure' },
};

/** What happened to the Secrets of a claim. */
export type DataOutcome =
  { readonly kind: 'copied' } | { readonly kind: 'failed'; readonly reason: string; readonly message: string };

/** The name of a claim's Secret, and the namespace that it says, if it says one; undefined where the claim has none. */
export function sourceOf(
  spec: HostClaimSpec,
  kind: DataKind,
): { readonly name: string; readonly namespace: string } | undefined {
  const { name = '', namespace = '' } =
    kind === 'imageAuth' ? { name: spec.image?.ociAuthSecretName } : (spec[kind] ?? {});
  return name === '' ? undefined : { name, namespace };
}

/** The copy's name. It is the host's and not the claim's: the next claim of the host finds the place taken by a copy, never by another Secret. */
export function copyName(host: string, kind: DataKind): string {
  return `${host}-${details[kind].suffix}`;
}

export function failureOf(kind: DataKind, message: string): Extract<DataOutcome, { kind: 'failed' }> {
  return { kind: 'failed', reason: details[kind].failure, message };
}
