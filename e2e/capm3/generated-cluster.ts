import type { Kind, Kubernetes, KubeObject } from '@metal3/kube-client';
import { metal3Cluster, metal3DataTemplate, metal3MachineTemplate } from '@metal3/metal3-api';
import { parseAllDocuments } from 'yaml';
import { cluster, kubeadmConfigTemplate, kubeadmControlPlane, machineDeployment } from './objects.ts';

type Tree = Readonly<Record<string, unknown>>;

const kinds = [
  ...[cluster, metal3Cluster, kubeadmControlPlane, machineDeployment],
  ...[kubeadmConfigTemplate, metal3MachineTemplate, metal3DataTemplate],
] as readonly Kind[];

/**
 * Makes every object that `clusterctl generate cluster` has written.
 * @param changes what a person changes in objects of a kind before
 */
export async function applyGenerated(
  api: Kubernetes,
  text: string,
  changes: Readonly<Record<string, object>>,
): Promise<void> {
  for (const document of parseAllDocuments(text)) {
    const object = document.toJS() as KubeObject;
    const kind = kinds.find((one) => one.kind === object.kind);
    if (kind === undefined) throw new Error(`the template holds an object of the unknown kind ${object.kind}`);
    await api.create(kind, merged(object as unknown as Tree, changes[object.kind] as Tree | undefined) as never);
  }
}

function merged(tree: Tree, change: Tree = {}): Tree {
  const result: Record<string, unknown> = { ...tree };
  for (const [key, value] of Object.entries(change)) {
    const is = result[key];
    result[key] = isTree(value) && isTree(is) ? merged(is, value) : value;
  }
  return result;
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
