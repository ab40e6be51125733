import type { BareMetalHostStatus } from '@metal3/metal3-api';
import type { StatusChange } from '../decision.ts';

/**
 * What is forgotten when a host is released or enrolled anew. Hardware RAID stays on record, because cleaning leaves it alone;
 * software RAID does not survive.
 */
export function clearedSettings({
  raid,
}: BareMetalHostStatus['provisioning']): NonNullable<StatusChange['provisioning']> {
  return {
    rootDeviceHints: undefined,
    firmware: undefined,
    ...(raid === undefined ? {} : { raid: { ...raid, softwareRAIDVolumes: null } }),
  };
}
