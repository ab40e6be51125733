import type { Kind, KubeObject } from '@metal3/kube-client';
import type { SecretValues } from '../ports.ts';

/** core/v1 Secret; values are base64. */
export interface Secret extends KubeObject {
  type?: string;
  data?: Record<string, string>;
}

export const secretKind: Kind<Secret> = {
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  namespaced: true,
};

export function secretValues({ metadata, type, data }: Secret): SecretValues {
  const { name = '', namespace = '', resourceVersion = '' } = metadata;
  return {
    version: { name, namespace, resourceVersion },
    type: type ?? 'Opaque',
    data: Object.fromEntries(
      Object.entries(data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
    ),
  };
}
