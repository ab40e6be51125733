import { type Node, readIpmiInfo } from '@metal3/node';
import type { Change } from '../../work/decision.ts';

/**
 * The note of a boot device for a BMC that does not keep one (`ipmi_force_boot_device`), under Ironic's names: what is to be booted again
 * and again, or that the next start is an exception. Nothing for all others.
 */
export function bootDeviceToRemember(node: Pick<Node, 'driverInfo'>, device: string, persistent: boolean): Change {
  const read = readIpmiInfo(node.driverInfo);
  if (!('info' in read) || !read.info.forcesBootDevice) return {};
  return {
    internal: persistent
      ? { persistent_boot_device: device, is_next_boot_persistent: null }
      : { is_next_boot_persistent: false },
  };
}

/** After a start the exception is over. */
export function startedOnce({ driverInternalInfo }: Pick<Node, 'driverInternalInfo'>): Change {
  return driverInternalInfo['is_next_boot_persistent'] === false ? { internal: { is_next_boot_persistent: null } } : {};
}
