import type { Kind, KubeObject } from './object.ts';

/** core/v1 Secret; values are base64. */
export interface Secret extends KubeObject {
  type?: string;
  data?: Record<string, string>;
  stringData?: Record<string, string>;
  immutable?: boolean;
}

export const secret: Kind<Secret> = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true };

export interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

export const configMap: Kind<ConfigMap> = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
};

export interface Namespace extends KubeObject {
  status?: { phase?: string };
}

export const namespace: Kind<Namespace> = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  namespaced: false,
};

/** core/v1 Node, the part that providers write. */
export interface Node extends KubeObject {
  spec: { providerID?: string; taints?: { key: string; value?: string; effect: string; timeAdded?: string }[] };
}

export const node: Kind<Node> = { group: '', version: 'v1', kind: 'Node', plural: 'nodes', namespaced: false };

/** apiextensions.k8s.io/v1 CustomResourceDefinition, the part that a running service touches. */
export interface CustomResourceDefinition extends KubeObject {
  spec: {
    group: string;
    names: { kind: string; plural: string };
    versions: { name: string; served: boolean; storage: boolean }[];
    conversion?: {
      strategy: 'None' | 'Webhook';
      webhook?: { conversionReviewVersions: string[]; clientConfig: { caBundle?: string } & Record<string, unknown> };
    };
  };
  status?: { conditions?: { type: string; status: string }[]; storedVersions?: string[] };
}

export const customResourceDefinition: Kind<CustomResourceDefinition> = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};
