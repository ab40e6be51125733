import type { Journey } from '../journey.ts';
import { virtualMedia } from './virtual-media.ts';

/** All journeys, in the order in which they are travelled. */
export const journeys: readonly Journey[] = [virtualMedia];
