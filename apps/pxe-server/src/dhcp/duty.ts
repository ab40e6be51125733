import type { Duty } from './ports.ts';

/** The only server of its subnets. */
export const alwaysOnDuty: Duty = { onDuty: () => true };
