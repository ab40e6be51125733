import type { BareMetalHost, Metal3Cluster, Metal3Data, Metal3DataClaim, Metal3Machine } from '@metal3/metal3-api';
import { ownerName, type Cluster, type Machine } from '../cluster-api/kinds.ts';
import { isConsumer } from './host-choice/decide.ts';
import type { MachineWorld } from './ports.ts';

/**
 * Annotation on a Metal3Machine that names its host, `<namespace>/<name>`. It is written before the host is claimed: a machine that
 * two controllers look at can put itself down for one host only, so it never ends up with two.
 */
export const hostAnnotation = 'metal3.io/BareMetalHost';

export interface MachineObservation {
  readonly metal3Machine: Metal3Machine;
  readonly machine: Machine | undefined;
  readonly cluster: Cluster | undefined;
  readonly metal3Cluster: Metal3Cluster | undefined;
  /** Every host of the namespace. */
  readonly hosts: readonly BareMetalHost[];
  /** The host that names this machine as its consumer. */
  readonly host: BareMetalHost | undefined;
  /** Name of the host it has put itself down for. */
  readonly reserved: string | undefined;
  /** Its claim of rendered data, and what the claim was given. */
  readonly claim: Metal3DataClaim | undefined;
  readonly data: Metal3Data | undefined;
}

/** Everything one pass over a machine decides on. */
export function observeMachine(metal3Machine: Metal3Machine, world: MachineWorld): MachineObservation {
  const namespace = metal3Machine.metadata.namespace ?? '';
  const machineName = ownerName(metal3Machine.metadata, 'Machine');
  const machine = machineName === undefined ? undefined : world.findMachine({ namespace, name: machineName });
  const cluster = machine === undefined ? undefined : world.findCluster({ namespace, name: machine.spec.clusterName });
  const clusterRef = cluster?.spec.infrastructureRef?.name;
  const hosts = world.hostsOf(namespace);
  const claim = world.findDataClaim({ namespace, name: metal3Machine.metadata.name ?? '' });
  const rendered = claim?.status?.renderedData?.name;
  return {
    metal3Machine,
    machine,
    cluster,
    metal3Cluster: clusterRef === undefined ? undefined : world.findMetal3Cluster({ namespace, name: clusterRef }),
    hosts,
    reserved: metal3Machine.metadata.annotations?.[hostAnnotation]?.split('/').at(-1),
    host: hosts.find((host) => isConsumer(host, metal3Machine)),
    claim,
    data: rendered === undefined ? undefined : world.findData({ namespace, name: rendered }),
  };
}
