import { isKubeError, type Kind, type KubeClient, type KubeObject } from '@metal3/kube-client';
import { findOwner } from '@metal3/kube-controller';
import { metal3MachineTemplate, type Metal3Machine } from '@metal3/metal3-api';
import type { Machine } from '../../cluster-api/kinds.ts';
import { reuseKey } from '../node-reuse/decide.ts';
import type { ReuseBook } from '../ports.ts';

const machineSet: Kind<KubeObject> = {
  group: 'cluster.x-k8s.io',
  version: 'v1beta2',
  kind: 'MachineSet',
  plural: 'machinesets',
  namespaced: true,
};

interface ControlPlane extends KubeObject {
  readonly spec?: {
    readonly machineTemplate?: {
      /** Of the v1beta1 contract. */
      readonly infrastructureRef?: { readonly name?: string };
      readonly spec?: { readonly infrastructureRef?: { readonly name?: string } };
    };
  };
}

/** On what Cluster API makes of a template: the template's name. */
const clonedFromAnnotation = 'cluster.x-k8s.io/cloned-from-name';

/** Who owns machines and what their templates say, asked of the API server: that is seldom, when hosts are released or kept. */
export function kubernetesReuseBook(client: KubeClient): ReuseBook {
  return {
    async keyOf({ metadata }: Machine) {
      const set = findOwner({ metadata }, machineSet.group, machineSet.kind);
      const found =
        set === undefined
          ? undefined
          : await client.find(machineSet, { namespace: metadata.namespace, name: set.name });
      // A set of that name that was made anew is another one.
      const ownersOfSet = found?.metadata.uid === set?.uid ? (found?.metadata.ownerReferences ?? []) : [];
      return reuseKey({ owners: metadata.ownerReferences ?? [], ownersOfSet });
    },
    async isWanted(metal3Machine, machine) {
      const { namespace } = metal3Machine.metadata;
      const name = (await templateOfControlPlane(client, machine)) ?? clonedFrom(metal3Machine);
      if (name === undefined) return false;
      return (await client.find(metal3MachineTemplate, { namespace, name }))?.spec.nodeReuse === true;
    },
  };
}

function clonedFrom({ metadata }: Metal3Machine): string | undefined {
  return metadata.annotations?.[clonedFromAnnotation];
}

/** A control plane says with its present template what is to become of machines that it replaces, whatever they were made of. */
async function templateOfControlPlane(client: KubeClient, { metadata }: Machine): Promise<string | undefined> {
  const owner = metadata.ownerReferences?.find(({ apiVersion }) =>
    apiVersion.startsWith('controlplane.cluster.x-k8s.io/'),
  );
  const [group, version] = owner?.apiVersion.split('/') ?? [];
  if (owner === undefined || group === undefined || version === undefined) return undefined;
  const plural = `${owner.kind.toLowerCase()}s`;
  const kind: Kind<ControlPlane> = { group, version, kind: owner.kind, plural, namespaced: true };
  try {
    const found = await client.find(kind, { namespace: metadata.namespace, name: owner.name });
    const template = found?.spec?.machineTemplate;
    return template?.spec?.infrastructureRef?.name ?? template?.infrastructureRef?.name;
  } catch (error) {
    // Of control planes that we may not read the machines' own template has to do.
    if (isKubeError(error, 'Forbidden')) return undefined;
    throw error;
  }
}
