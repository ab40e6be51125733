import type { HardwareRaidVolume, RaidConfig, SoftwareRaidVolume } from '@metal3/metal3-api';
import { ironicRootDevice } from '../../hardware/root-device-hints.ts';
import { sameJson, type Json, type JsonObject } from '../../kernel.ts';
import type { ManualStep } from './steps.ts';

/** What has to be done to the volumes of a machine: all of a kind go, then the new ones are made. */
export interface RaidWork {
  readonly by: 'controller' | 'software';
  /** As Ironic's target RAID configuration has them; none: the machine is to have no volumes. */
  readonly logicalDisks: readonly JsonObject[];
  /** What is on record of the host once this has been accepted. Volumes of a controller are made after those of software are gone. */
  readonly recorded: RaidConfig;
}

type Volumes = 'hardwareRAIDVolumes' | 'softwareRAIDVolumes';

const volumes = (raid: RaidConfig | undefined, kind: Volumes): readonly unknown[] | undefined =>
  raid?.[kind] ?? undefined;

/**
 * The RAID a host is to have. One that says nothing of volumes keeps those that a RAID controller was told to make, and loses those made by
 * software: they do not survive a deployment. An empty list says that there are to be none.
 */
export function wantedRaid(spec: RaidConfig | undefined, recorded: RaidConfig | undefined): RaidConfig | undefined {
  const speaks = volumes(spec, 'hardwareRAIDVolumes') ?? volumes(spec, 'softwareRAIDVolumes');
  if (speaks !== undefined) return spec;
  return recorded && { hardwareRAIDVolumes: recorded.hardwareRAIDVolumes ?? null, softwareRAIDVolumes: [] };
}

/** Whether what is on record of a host is what it is to have. For software, no list and an empty one are the same. */
export function sameRaid(wanted: RaidConfig | undefined, recorded: RaidConfig | undefined): boolean {
  const software = (raid: RaidConfig | undefined) => volumes(raid, 'softwareRAIDVolumes') ?? [];
  return (
    sameJson(volumes(wanted, 'hardwareRAIDVolumes'), volumes(recorded, 'hardwareRAIDVolumes')) &&
    sameJson(software(wanted), software(recorded))
  );
}

/** What is to be done on the machine so that it has the RAID it is to have; undefined for nothing. */
export function raidWork(wanted: RaidConfig | undefined, recorded: RaidConfig | undefined): RaidWork | undefined {
  if (wanted === undefined) return undefined;
  const software = wanted.softwareRAIDVolumes ?? [];
  if (!sameJson(software, recorded?.softwareRAIDVolumes ?? [])) {
    const emptied = { hardwareRAIDVolumes: recorded?.hardwareRAIDVolumes ?? null, softwareRAIDVolumes: [] };
    return {
      by: 'software',
      logicalDisks: software.map(softwareDisk),
      recorded: software.length > 0 ? wanted : emptied,
    };
  }
  const hardware = wanted.hardwareRAIDVolumes ?? undefined;
  if (hardware === undefined || sameJson(hardware, recorded?.hardwareRAIDVolumes ?? undefined)) return undefined;
  return { by: 'controller', logicalDisks: hardware.map(hardwareDisk), recorded: wanted };
}

/** The manual steps of that work, in the order in which Ironic is to carry them out. */
export function raidSteps({ by, logicalDisks }: RaidWork): readonly ManualStep[] {
  return [
    { interface: 'raid', step: 'delete_configuration' },
    // What is left of former volumes would be found again when the machine starts.
    ...(by === 'software' ? [{ interface: 'deploy', step: 'erase_devices_metadata' } as const] : []),
    ...(logicalDisks.length > 0 ? [{ interface: 'raid', step: 'create_configuration' } as const] : []),
  ];
}

/** Zero, like no size, is all there is. */
const sizeOf = (gibibytes: number | null | undefined): Json => gibibytes || 'MAX';

function hardwareDisk(volume: HardwareRaidVolume): JsonObject {
  const { level, sizeGibibytes, name, controller, physicalDisks, rotational, numberOfPhysicalDisks } = volume;
  return {
    raid_level: level,
    size_gb: sizeOf(sizeGibibytes),
    ...(name ? { volume_name: name } : {}),
    ...(controller ? { controller } : {}),
    ...(physicalDisks?.length ? { physical_disks: physicalDisks } : {}),
    ...(typeof rotational === 'boolean' ? { disk_type: rotational ? 'hdd' : 'ssd' } : {}),
    ...(typeof numberOfPhysicalDisks === 'number' ? { number_of_physical_disks: numberOfPhysicalDisks } : {}),
  };
}

function softwareDisk({ level, sizeGibibytes, physicalDisks, rootVolume }: SoftwareRaidVolume): JsonObject {
  return {
    raid_level: level,
    size_gb: sizeOf(sizeGibibytes),
    controller: 'software',
    ...(rootVolume === true ? { is_root_volume: true } : {}),
    ...(physicalDisks?.length ? { physical_disks: physicalDisks.map(ironicRootDevice) } : {}),
  };
}

/** What makes a wanted RAID impossible, in words. */
export function raidProblem(
  { by, logicalDisks }: RaidWork,
  { supported }: { readonly supported: boolean },
): string | undefined {
  if (by === 'controller') {
    if (!supported) {
      return 'the BMC driver of this host does not support hardware RAID: remove spec.raid.hardwareRAIDVolumes, or use software volumes';
    }
    const names = logicalDisks.flatMap(({ volume_name: name }) => (typeof name === 'string' ? [name] : []));
    const repeated = names.find((name, index) => names.indexOf(name) !== index);
    return repeated === undefined
      ? undefined
      : `two hardware RAID volumes are named "${repeated}": give each a name of its own in spec.raid.hardwareRAIDVolumes`;
  }
  const [first] = logicalDisks;
  return first === undefined || first['raid_level'] === '1'
    ? undefined
    : 'the first software RAID volume must be of level 1: change spec.raid.softwareRAIDVolumes';
}
