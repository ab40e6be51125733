import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { configMap, secret, type Kubernetes } from '@metal3/kube-client';
import { asAdmin, type ControlPlane } from '@metal3/local-servers';
import { fieldOf, type Pod, type Volume } from './pod.ts';

type Files = Readonly<Record<string, string | Buffer>>;

/** Where the volumes of pods come from. */
export interface VolumeSources {
  readonly plane: ControlPlane;
  readonly api: Kubernetes;
  /** Folder of this machine for what pods mount. */
  readonly dir: string;
  /** The pod's own; also what "all addresses" in a configuration means for a pod that shares this machine's network. */
  readonly address: string;
}

/** Makes every volume of the pod a folder of this machine, as the kubelet does; gives the folders by volume. */
export async function mountVolumes(sources: VolumeSources, pod: Pod): Promise<ReadonlyMap<string, string>> {
  const folders = new Map<string, string>();
  for (const volume of pod.spec.volumes ?? []) folders.set(volume.name, await mountVolume(sources, pod, volume));
  return folders;
}

async function mountVolume(sources: VolumeSources, pod: Pod, volume: Volume): Promise<string> {
  const own = join(sources.dir, pod.metadata.uid ?? '', volume.name);
  const claim = volume.persistentVolumeClaim?.claimName;
  if (claim !== undefined || volume.emptyDir !== undefined) {
    // A claim's content outlives the pod.
    return writable(claim === undefined ? own : join(sources.dir, 'claims', claim), pod);
  }
  return written(own, await filesOf(sources, pod, volume));
}

function writable(folder: string, { spec: { securityContext: { runAsUser = 0, fsGroup = 0 } = {} } }: Pod): string {
  mkdirSync(folder, { recursive: true });
  chownSync(folder, runAsUser, fsGroup);
  return folder;
}

function written(folder: string, files: Files): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
    chmodSync(join(folder, name), 0o644);
  }
  return folder;
}

async function filesOf({ plane, api, address }: VolumeSources, pod: Pod, volume: Volume): Promise<Files> {
  const namespace = pod.metadata.namespace ?? '';
  if (volume.configMap !== undefined) {
    const { data = {} } = await api.get(configMap, { namespace, name: volume.configMap.name });
    const entries = Object.entries(data);
    return Object.fromEntries(entries.map(([name, text]) => [name, text.replaceAll('0.0.0.0', address)]));
  }
  if (volume.secret !== undefined) {
    const { secretName, items } = volume.secret;
    const { data = {} } = await api.get(secret, { namespace, name: secretName });
    const chosen = items ?? Object.keys(data).map((key) => ({ key, path: key }));
    return Object.fromEntries(chosen.map(({ key, path }) => [path, Buffer.from(data[key] ?? '', 'base64')]));
  }
  const files: Record<string, string> = {};
  for (const { serviceAccountToken, configMap: ca, downwardAPI } of volume.projected?.sources ?? []) {
    if (serviceAccountToken !== undefined) files[serviceAccountToken.path] = await tokenOf(plane, pod);
    if (ca !== undefined) for (const { path } of ca.items ?? []) files[path] = plane.ca;
    for (const { path, fieldRef } of downwardAPI?.items ?? []) {
      files[path] = fieldOf(pod, fieldRef.fieldPath, address);
    }
  }
  if (Object.keys(files).length === 0) throw new Error(`volume ${volume.name}: its source is not known here`);
  return files;
}

async function tokenOf(plane: ControlPlane, { metadata: { namespace }, spec }: Pod): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${spec.serviceAccountName}/token`;
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
  const { body } = await asAdmin(plane, 'POST', path, request);
  return (body as { readonly status: { readonly token: string } }).status.token;
}
