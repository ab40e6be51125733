import type { BareMetalHost } from '@metal3/metal3-api';
import type { NodeSnapshot } from '../../provisioner/node.ts';
import type { Provisioner } from '../../provisioner/ports.ts';
import { nodeNameOf } from '../view.ts';

export interface FoundNode {
  readonly node: NodeSnapshot | undefined;
  /** Name of another host's node that has this host's boot MAC address. */
  readonly rival: string | undefined;
}

/** The node of a host: by the id on record, by its name, by the bare name that old releases gave, by the boot MAC address. */
export async function findNode(host: BareMetalHost, id: string, provisioner: Provisioner): Promise<FoundNode> {
  const name = host.metadata.name ?? '';
  for (const ident of [id, nodeNameOf(host), name.includes('~') ? '' : name]) {
    const node = ident === '' ? undefined : await provisioner.findNode(ident);
    // A bare name is only unique within a namespace: a node that is known under a full name belongs to that host.
    if (node !== undefined) return { node, rival: undefined };
  }

  const address = host.spec.bootMACAddress?.toLowerCase() ?? '';
  const [port] = address === '' ? [] : await provisioner.listPorts({ address });
  const node = port === undefined ? undefined : await provisioner.findNode(port.nodeUuid);
  return node !== undefined && node.name !== '' ? { node: undefined, rival: node.name } : { node, rival: undefined };
}
