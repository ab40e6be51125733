import type { Journey } from '../journey.ts';
import { badImages } from './bad-images.ts';
import { bootWays } from './boot-ways.ts';
import { erase } from './erase.ts';
import { interruptedWrites } from './interrupted-writes.ts';
import { liveIso, liveIsoWithConfigDrive } from './live-iso.ts';
import { secondDisk } from './second-disk.ts';
import { secureBoot } from './secure-boot.ts';
import { softwareRaid } from './software-raid.ts';

/** All journeys, in the order in which they are travelled. */
export const journeys: readonly Journey[] = [
  ...bootWays,
  liveIso,
  liveIsoWithConfigDrive,
  secondDisk,
  badImages,
  softwareRaid,
  erase,
  secureBoot,
  ...interruptedWrites,
];
