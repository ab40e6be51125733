import {
  fastTrackLookupAllowedStates,
  lookupAllowedStates,
  maskInstanceInfo,
  type Node,
  speaksRedfish,
} from '@metal3/node';
import { invalid } from '../faults.ts';
import { isMac, parseList, parseUuid } from '../http/query.ts';
import { linkPair } from '../http/links.ts';
import { internalInfo } from '../nodes/render.ts';

/** How an agent says which machine it runs on. A node's UUID, from its boot medium, decides alone. */
export type LookupKey = { readonly nodeUuid: string } | { readonly addresses: readonly string[] };

/** @throws Fault (400) when neither a UUID nor a single valid address is given */
export function readLookup(addresses: string | undefined, nodeUuid: string | undefined): LookupKey {
  if (nodeUuid !== undefined) return { nodeUuid: parseUuid('node_uuid', nodeUuid) };
  const valid = parseList(addresses ?? '').filter(isMac);
  if (valid.length === 0) throw invalid("At least one of 'addresses' and 'node_uuid' parameters is required");
  return { addresses: valid.map((address) => address.toLowerCase()) };
}

/** Whether an agent is expected on the node now, or may at least present itself because it can be used without a reboot. */
export function mayLookUp(
  node: Node,
  options: { readonly restrictLookup: boolean; readonly fastTrack: boolean },
): boolean {
  if (!options.restrictLookup) return true;
  const own = node.driverInfo['fast_track'];
  const fastTrack =
    own === undefined || own === null ? options.fastTrack : own === true || String(own).toLowerCase() === 'true';
  return (fastTrack ? fastTrackLookupAllowedStates : lookupAllowedStates).has(node.provisionState);
}

/** The node as an agent sees it. */
export const lookupNode = (node: Node, base: string) => ({
  uuid: node.uuid,
  properties: node.properties,
  instance_info: maskInstanceInfo(node.instanceInfo),
  driver_internal_info: internalInfo(node),
  links: linkPair(base, `nodes/${node.uuid}`),
});

/** The agent need not look for the BMC of a node whose BMC is managed by Redfish. */
export const skipsBmcDetection = (node: Node): boolean => speaksRedfish(node.interfaces.management);

/** BMC addresses an inspection was started with, when the conductor knew any. */
export function expectedBmcAddresses(node: Node): readonly string[] {
  const known = node.driverInternalInfo['lookup_bmc_addresses'];
  return Array.isArray(known) ? known.filter((address): address is string => typeof address === 'string') : [];
}
