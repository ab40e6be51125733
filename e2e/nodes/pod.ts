import type { Kind, KubeObject } from '@metal3/kube-client';

/** core/v1 Pod, the part that our charts, the API server's defaults and a kubelet use. */
export interface Pod extends KubeObject {
  spec: {
    serviceAccountName?: string;
    restartPolicy?: 'Always' | 'OnFailure' | 'Never';
    securityContext?: { runAsUser?: number; runAsGroup?: number; fsGroup?: number };
    containers: readonly Container[];
    volumes?: readonly Volume[];
  };
  status?: object;
}

export interface Container {
  name: string;
  image: string;
  command?: readonly string[];
  args?: readonly string[];
  env?: readonly Variable[];
  ports?: readonly { name?: string; containerPort: number }[];
  readinessProbe?: { httpGet?: { path: string; port: string | number } };
  volumeMounts?: readonly { name: string; mountPath: string; readOnly?: boolean; subPath?: string }[];
}

export interface Variable {
  name: string;
  value?: string;
  valueFrom?: {
    fieldRef?: { fieldPath: string };
    secretKeyRef?: { name: string; key: string };
  };
}

export interface Volume {
  name: string;
  configMap?: { name: string };
  secret?: { secretName: string; items?: readonly Item[] };
  emptyDir?: object;
  persistentVolumeClaim?: { claimName: string };
  projected?: {
    sources: readonly {
      serviceAccountToken?: { path: string };
      configMap?: { name: string; items?: readonly Item[] };
      downwardAPI?: { items: readonly { path: string; fieldRef: { fieldPath: string } }[] };
    }[];
  };
}

export interface Item {
  key: string;
  path: string;
}

export const pods: Kind<Pod> = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };

/** core/v1 Service, the part that says where pods are reached. */
export interface Service extends KubeObject {
  spec: {
    clusterIP?: string;
    selector?: Record<string, string>;
    ports?: readonly { port: number; targetPort?: string | number }[];
  };
}

export const services: Kind<Service> = {
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  namespaced: true,
};

/** A field of the pod by its path, as environment variables and files of the downward API name it. */
export function fieldOf({ metadata }: Pod, path: string, address: string): string {
  switch (path) {
    case 'metadata.name':
      return metadata.name ?? '';
    case 'metadata.namespace':
      return metadata.namespace ?? '';
    case 'metadata.uid':
      return metadata.uid ?? '';
    case 'status.podIP':
      return address;
    default:
      throw new Error(`pod ${metadata.name}: the field ${path} is not known here`);
  }
}
