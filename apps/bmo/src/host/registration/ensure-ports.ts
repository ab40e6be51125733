import type { BareMetalHost, HardwareDetails } from '@metal3/metal3-api';
import type { NodeSnapshot } from '../../provisioner/node.ts';
import type { Provisioner } from '../../provisioner/ports.ts';

export interface WantedPort {
  readonly address: string;
  readonly pxeEnabled: boolean;
}

/** One port per NIC that inspection found, and one for the boot MAC, which always boots from the network. */
export function wantedPorts(host: BareMetalHost, hardware: HardwareDetails | undefined): readonly WantedPort[] {
  const ports = new Map<string, boolean>();
  for (const { mac, pxe } of hardware?.nics ?? []) if (mac) ports.set(mac.toLowerCase(), pxe === true);
  if (host.spec.bootMACAddress) ports.set(host.spec.bootMACAddress.toLowerCase(), true);
  return [...ports].map(([address, pxeEnabled]) => ({ address, pxeEnabled }));
}

export function portsFingerprint(node: NodeSnapshot, wanted: readonly WantedPort[]): string {
  return [node.uuid, ...wanted.map(({ address }) => address).sort()].join(' ');
}

/**
 * Creates the ports that the node lacks. Ports are never removed: a NIC that inspection missed once may be there.
 *
 * @returns what stands in the way, if anything does
 */
export async function ensurePorts(
  node: NodeSnapshot,
  wanted: readonly WantedPort[],
  provisioner: Provisioner,
): Promise<string | undefined> {
  if (wanted.length === 0) return undefined;
  const present = new Set(
    (await provisioner.listPorts({ nodeUuid: node.uuid })).map(({ address }) => address.toLowerCase()),
  );
  for (const port of wanted) {
    if (present.has(port.address)) continue;
    const rival = (await provisioner.listPorts({ address: port.address })).find(
      ({ nodeUuid }) => nodeUuid !== node.uuid,
    );
    if (rival !== undefined) {
      return `MAC address ${port.address} belongs to another node (${rival.nodeUuid}): give each host its own addresses`;
    }
    await provisioner.createPort({ nodeUuid: node.uuid, ...port });
  }
  return undefined;
}
