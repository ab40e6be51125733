import type { Journey } from '../journey.ts';
import { bootWays } from './boot-ways.ts';

/** All journeys, in the order in which they are travelled. */
export const journeys: readonly Journey[] = [...bootWays];
