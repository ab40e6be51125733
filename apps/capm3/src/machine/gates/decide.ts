import type { BareMetalHost, Metal3Cluster, Metal3Machine } from '@metal3/metal3-api';
import { infrastructureProvisioned, isPaused, type Cluster, type Machine } from '../../cluster-api/kinds.ts';

export interface GateObservation {
  readonly metal3Machine: Metal3Machine;
  readonly machine: Machine | undefined;
  readonly cluster: Cluster | undefined;
  readonly metal3Cluster: Metal3Cluster | undefined;
  /** The host that is this machine's. */
  readonly host: BareMetalHost | undefined;
}

export type GateReason =
  | 'WaitingForMetal3MachineOwnerRef'
  | 'WaitingForClusterInfrastructureReady'
  | 'WaitingforMetal3Cluster'
  | 'WaitingForBootstrapData';

export type Gate =
  | { readonly kind: 'open' }
  | { readonly kind: 'release' }
  | { readonly kind: 'paused' }
  | { readonly kind: 'closed'; readonly reason: GateReason; readonly message: string };

/**
 * What a Metal3Machine has to wait for before it may take a host. Nothing but a pause holds back deletion: a machine whose
 * Cluster or Machine is gone still gives its host back.
 */
export function decideGate({ metal3Machine, machine, cluster, metal3Cluster, host }: GateObservation): Gate {
  if (isPaused(metal3Machine, cluster)) return { kind: 'paused' };
  if (metal3Machine.metadata.deletionTimestamp !== undefined) return { kind: 'release' };
  if (machine === undefined) {
    return closed('WaitingForMetal3MachineOwnerRef', 'the Machine that owns this object is not known yet');
  }
  if (cluster === undefined) {
    return closed('WaitingForClusterInfrastructureReady', `Cluster ${machine.spec.clusterName} does not exist`);
  }
  if (!infrastructureProvisioned(cluster)) {
    return closed(
      'WaitingForClusterInfrastructureReady',
      `the infrastructure of Cluster ${machine.spec.clusterName} is not ready`,
    );
  }
  if (metal3Cluster === undefined) {
    const name = cluster.spec.infrastructureRef?.name ?? '(none)';
    return closed('WaitingforMetal3Cluster', `Metal3Cluster ${name} does not exist in this namespace`);
  }
  if (host === undefined && bootstrapSecret(machine) === undefined) {
    return closed('WaitingForBootstrapData', 'the Machine has no bootstrap data secret yet');
  }
  return { kind: 'open' };
}

/** Secret with the user data of a machine: what the bootstrap provider made, else undefined. */
export function bootstrapSecret(machine: Machine): string | undefined {
  return machine.spec.bootstrap.dataSecretName;
}

function closed(reason: GateReason, message: string): Gate {
  return { kind: 'closed', reason, message };
}
