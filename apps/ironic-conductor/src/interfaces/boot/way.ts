import type { Node } from '@metal3/node';
import type { Effect } from '../../work/effects.ts';

/** How what a machine boots reaches it. */
export type BootWay =
  /** Not at all: there is no machine. */
  | 'none'
  /** The BMC shows an ISO as a drive. */
  | 'virtual-media'
  /** The firmware asks by DHCP and loads by TFTP (PXE). */
  | 'network'
  /** The firmware loads a boot loader by HTTP (UEFI 2.10 section 24.7), which goes on as in `network`. */
  | 'http'
  /** The firmware loads the ISO itself by HTTP. */
  | 'http-iso';

const ways: Readonly<Record<string, BootWay>> = {
  fake: 'none',
  'redfish-virtual-media': 'virtual-media',
  'idrac-redfish-virtual-media': 'virtual-media',
  'redfish-https': 'http-iso',
  ipxe: 'network',
  pxe: 'network',
  'http-ipxe': 'http',
  http: 'http',
};

/** The way of a node's boot interface, under Ironic's names. */
export const wayOf = ({ interfaces }: Pick<Node, 'interfaces'>): BootWay => ways[interfaces.boot ?? ''] ?? 'network';

/** True where a node boots from an ISO that is made for it alone: only there may its kernel line hold a secret. */
export const bootsIso = (node: Pick<Node, 'interfaces'>): boolean =>
  ['virtual-media', 'http-iso'].includes(wayOf(node));

/**
 * True where what a machine is given depends on its boot entry at every start. Such a node keeps an entry that sends it to its disk while an
 * instance is on it, since there are BMCs and firmware that go on booting from the network whatever they were told.
 */
export const asksWhatToBoot = (node: Pick<Node, 'interfaces'>): boolean =>
  !['virtual-media', 'none'].includes(wayOf(node));

/** What has the firmware boot this way next. */
export function bootOrder(way: Exclude<BootWay, 'none'>, persistent: boolean): Effect {
  switch (way) {
    case 'virtual-media':
      return { kind: 'set-boot-device', device: 'cdrom', persistent };
    case 'network':
      return { kind: 'set-boot-device', device: 'pxe', persistent };
    case 'http':
    case 'http-iso':
      return { kind: 'set-http-boot', persistent };
  }
}
