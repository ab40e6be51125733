/** The levels that Redfish makes, by Ironic's names. */
export const raidLevels = ['0', '1', '5', '6', '1+0', '5+0', '6+0'] as const;
export type RaidLevel = (typeof raidLevels)[number];

interface Shape {
  /** Redfish's name (Volume.RAIDType). */
  readonly raidType: string;
  readonly least: number;
  readonly most: number;
  /** Drives come in multiples of it. */
  readonly multiple: number;
  /** Drives' worth of data on so many drives. */
  readonly data: (drives: number) => number;
}

const shapes: { readonly [level in RaidLevel]: Shape } = {
  '0': { raidType: 'RAID0', least: 1, most: Infinity, multiple: 1, data: (drives) => drives },
  '1': { raidType: 'RAID1', least: 2, most: 2, multiple: 1, data: () => 1 },
  '5': { raidType: 'RAID5', least: 3, most: Infinity, multiple: 1, data: (drives) => drives - 1 },
  '6': { raidType: 'RAID6', least: 4, most: Infinity, multiple: 1, data: (drives) => drives - 2 },
  '1+0': { raidType: 'RAID10', least: 4, most: Infinity, multiple: 2, data: (drives) => drives / 2 },
  // Two spans, as Ironic makes them.
  '5+0': { raidType: 'RAID50', least: 6, most: Infinity, multiple: 2, data: (drives) => drives - 2 },
  '6+0': { raidType: 'RAID60', least: 8, most: Infinity, multiple: 2, data: (drives) => drives - 4 },
};

/** Controllers keep notes of their own at the end of each drive: sizes are whole multiples of it. */
const grain = 64 * 1024 * 1024;

export const isRaidLevel = (text: string): text is RaidLevel => raidLevels.some((level) => level === text);

export const raidTypeOf = (level: RaidLevel): string => shapes[level].raidType;

export function levelOfType(raidType: string | null): RaidLevel | undefined {
  return raidLevels.find((level) => shapes[level].raidType === raidType);
}

/** Numbers of drives, out of so many, that the level can be made of; ascending. */
export function driveCounts(level: RaidLevel, available: number): readonly number[] {
  const { least, most, multiple } = shapes[level];
  const counts: number[] = [];
  for (let count = least; count <= Math.min(most, available); count += multiple) counts.push(count);
  return counts;
}

/** How many drives the level takes, for people. */
export function drivesNeeded(level: RaidLevel): string {
  const { least, most, multiple } = shapes[level];
  if (least === most) return `exactly ${least} drives`;
  return multiple === 1 ? `${least} drives or more` : `an even number of drives, ${least} or more`;
}

/** The largest volume on drives with so many bytes free on each. */
export function largestVolume(level: RaidLevel, freeBytes: readonly number[]): number {
  const each = Math.floor(Math.min(...freeBytes) / grain) * grain;
  return Math.max(0, each * shapes[level].data(freeBytes.length));
}

/** What a volume takes of each of its drives. */
export function usedPerDrive(level: RaidLevel, volumeBytes: number, drives: number): number {
  return Math.ceil(volumeBytes / grain / shapes[level].data(drives)) * grain;
}
