import type { BareMetalHost, Metal3Machine } from '@metal3/metal3-api';
import type { Machine } from '../../cluster-api/kinds.ts';
import { providerId } from './provider-id.ts';

/** A Node of the workload cluster, as far as it matters here. */
export interface WorkloadNode {
  readonly name: string;
  readonly providerId: string | undefined;
}

export interface ProviderIdObservation {
  readonly metal3Machine: Metal3Machine;
  readonly machine: Machine;
  readonly host: BareMetalHost;
  readonly cloudProviderEnabled: boolean;
  /**
   * Nodes that carry this host's UID label or the expected provider id; undefined while the workload cluster cannot be asked.
   */
  readonly nodes: readonly WorkloadNode[] | undefined;
}

export type ProviderIdDecision =
  | { readonly kind: 'wait'; readonly reason: string }
  | { readonly kind: 'conflict'; readonly reason: string }
  | { readonly kind: 'provisioned'; readonly providerId: string; readonly labelNode: string | undefined };

/**
 * Which provider id a machine gets and when. A machine bootstrapped by a provider (bootstrap.configRef) becomes provisioned when its
 * Node has joined, since only then is the id certain; one with user data of its own as soon as its host is provisioned.
 */
export function decideProviderId(observed: ProviderIdObservation): ProviderIdDecision {
  const { metal3Machine, machine, host, nodes, cloudProviderEnabled } = observed;
  if (host.status?.provisioning.state !== 'provisioned') {
    return {
      kind: 'wait',
      reason: `host ${host.metadata.name} is ${host.status?.provisioning.state || 'not registered yet'}`,
    };
  }
  const expected = providerId({
    namespace: host.metadata.namespace ?? '',
    host: host.metadata.name ?? '',
    machine: metal3Machine.metadata.name ?? '',
  });
  const prefix = expected.slice(0, expected.lastIndexOf('/') + 1);
  const stranger = nodes?.find((node) => node.providerId !== undefined && node.providerId !== expected);
  if (stranger !== undefined) {
    const stale = stranger.providerId?.startsWith(prefix) === true;
    const remedy = stale ? 'it is left over from an earlier machine: delete it' : `expected ${expected}`;
    return { kind: 'conflict', reason: `Node ${stranger.name} has provider id ${stranger.providerId}; ${remedy}` };
  }
  const joined = nodes?.find((node) => node.providerId === expected);
  if (joined !== undefined) return { kind: 'provisioned', providerId: expected, labelNode: undefined };
  const unmarked = nodes?.filter((node) => node.providerId === undefined) ?? [];
  if (unmarked.length > 1) {
    return {
      kind: 'conflict',
      reason: `several Nodes carry the UID of host ${host.metadata.name}: ${unmarked.map(({ name }) => name).join(', ')}`,
    };
  }
  const [node] = unmarked;
  if (node !== undefined && !cloudProviderEnabled) {
    return { kind: 'provisioned', providerId: expected, labelNode: node.name };
  }
  if (machine.spec.bootstrap.configRef !== undefined) {
    return {
      kind: 'wait',
      reason:
        nodes === undefined ? 'the workload cluster does not answer yet' : 'its Node has not joined the cluster yet',
    };
  }
  return { kind: 'provisioned', providerId: expected, labelNode: undefined };
}
