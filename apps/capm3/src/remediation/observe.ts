import type { ObjectKey } from '@metal3/kube-client';
import type { BareMetalHost, Metal3Remediation } from '@metal3/metal3-api';
import { ownerName, type Machine } from '../cluster-api/kinds.ts';
import { hostAnnotation } from '../machine/observe.ts';
import { powerOffAnnotation } from './decide.ts';
import type { RemediationWorld } from './ports.ts';

export interface RemediationSubjects {
  readonly machine: Machine | undefined;
  readonly host: BareMetalHost | undefined;
  readonly clusterKey: ObjectKey | undefined;
}

/** Whom a remediation is about. A host that it keeps off is found even when its machine is gone. */
export function remediationSubjects(remediation: Metal3Remediation, world: RemediationWorld): RemediationSubjects {
  const namespace = remediation.metadata.namespace ?? '';
  const owner = ownerName(remediation.metadata, 'Machine');
  const machine = owner === undefined ? undefined : world.findMachine({ namespace, name: owner });
  const reference = machine?.spec.infrastructureRef?.name;
  const metal3Machine = reference === undefined ? undefined : world.findMetal3Machine({ namespace, name: reference });
  const hostName = metal3Machine?.metadata.annotations?.[hostAnnotation]?.split('/').at(-1);
  const hosts = world.hostsOf(namespace);
  const host =
    hosts.find(({ metadata }) => metadata.name === hostName) ??
    hosts.find(({ metadata }) => metadata.annotations?.[powerOffAnnotation(remediation)] !== undefined);
  return { machine, host, clusterKey: machine && { namespace, name: machine.spec.clusterName } };
}
