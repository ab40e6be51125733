import type { BareMetalHostSpec } from '@metal3/metal3-api';
import { violation, when, type Violation } from './violation.ts';

/** What RAID configurations must not say whatever the hardware. */
export function raidViolations({ raid, rootDeviceHints }: BareMetalHostSpec): readonly Violation[] {
  const hardware = raid?.hardwareRAIDVolumes ?? [];
  const software = raid?.softwareRAIDVolumes ?? [];
  const roots = software.filter(({ rootVolume }) => rootVolume === true);
  return [
    ...when(
      hardware.length > 0 && software.length > 0,
      'spec.raid',
      'hardwareRAIDVolumes and softwareRAIDVolumes can not be set at the same time',
    ),
    ...hardware.flatMap((volume, index) => {
      const field = `spec.raid.hardwareRAIDVolumes[${index}]`;
      const disks = volume.physicalDisks?.length ?? 0;
      const counted = volume.numberOfPhysicalDisks ?? disks;
      return [
        ...when(
          disks > 0 && !volume.controller,
          field,
          `'physicalDisks' specified without 'controller' in hardware RAID volume ${index}`,
        ),
        ...when(
          disks > 0 && counted !== disks,
          field,
          `'numberOfPhysicalDisks'[${counted}] and number of 'physicalDisks'[${disks}] is not same for volume ${index}`,
        ),
      ];
    }),
    ...when(roots.length > 1, 'spec.raid.softwareRAIDVolumes', 'only one rootVolume is allowed'),
    ...when(
      roots.length > 0 && rootDeviceHints !== undefined,
      'spec.rootDeviceHints',
      'rootDeviceHints and a software RAID rootVolume can not be set at the same time',
    ),
    ...roots.flatMap(({ level }) =>
      level === '1'
        ? []
        : [violation('spec.raid.softwareRAIDVolumes', `the root volume must be of level 1, not ${level}`)],
    ),
  ];
}
