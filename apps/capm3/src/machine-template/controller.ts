import { keyOf, type KubeClient, type ObjectKey, unlessGone } from '@metal3/kube-client';
import { changesOf, relatedTo, type Cache, type Reconcile, type Source } from '@metal3/kube-controller';
import {
  metal3Machine as metal3MachineKind,
  metal3MachineTemplate as templateKind,
  type Metal3Machine,
  type Metal3MachineTemplate,
} from '@metal3/metal3-api';
import { pausedAnnotation } from '../cluster-api/kinds.ts';

/** Which template a machine was made of; Cluster API writes both. */
const clonedFromName = 'cluster.x-k8s.io/cloned-from-name';
const clonedFromKind = 'cluster.x-k8s.io/cloned-from-groupkind';

export interface MachineTemplateCaches {
  readonly machineTemplates: Cache<Metal3MachineTemplate>;
  readonly metal3Machines: Cache<Metal3Machine>;
}

export function machineTemplateSources({ machineTemplates, metal3Machines }: MachineTemplateCaches): readonly Source[] {
  return [
    changesOf(machineTemplates),
    relatedTo(metal3Machines, ({ key, after }): ObjectKey[] => {
      const name = after === undefined ? undefined : templateOf(after);
      return name === undefined ? [] : [{ namespace: key.namespace, name }];
    }),
  ];
}

/**
 * One pass over a Metal3MachineTemplate: how hosts are to be cleaned is the one thing of a template that machines take over which are there
 * already. A template that does not say leaves them as they are.
 */
export function machineTemplatePass(client: KubeClient, caches: MachineTemplateCaches): Reconcile {
  return async (key, { signal }) => {
    const template = caches.machineTemplates.find(key);
    const automatedCleaningMode = template?.spec.template.spec.automatedCleaningMode;
    if (template === undefined || automatedCleaningMode === undefined) return undefined;
    if (template.metadata.annotations?.[pausedAnnotation] !== undefined) return undefined;
    const differing = caches.metal3Machines.list({
      namespace: key.namespace,
      where: (machine) =>
        templateOf(machine) === key.name && machine.spec.automatedCleaningMode !== automatedCleaningMode,
    });
    for (const machine of differing) {
      const body = { spec: { automatedCleaningMode } };
      await unlessGone(client.patch(metal3MachineKind, keyOf(machine), { type: 'merge', body }, { signal }));
    }
    return undefined;
  };
}

function templateOf({ metadata }: Metal3Machine): string | undefined {
  const { [clonedFromName]: name, [clonedFromKind]: groupKind } = metadata.annotations ?? {};
  return groupKind === `${templateKind.kind}.${templateKind.group}` ? name : undefined;
}
