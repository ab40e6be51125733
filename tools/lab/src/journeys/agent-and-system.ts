import { randomBytes } from 'node:crypto';
import type { QemuMachine } from '@metal3/fleet';
import type { Traveller } from '../journey.ts';

/** Debug output of ironic-python-agent at its first heartbeat. */
export const heartbeat = /heartbeat successful/;

/** When the machine was last switched on, by its BMC's record; milliseconds since the epoch. */
export function lastPowerOn({ fleet, machine }: { fleet: Traveller['lab']['fleet']; machine: QemuMachine }): number {
  const entries = fleet.world.ledger.find({ machine: machine.name, event: 'power' });
  const on = entries.filter(({ detail }) => detail['to'] === 'On').at(-1);
  if (on === undefined) throw new Error(`${machine.name} was never switched on`);
  return Date.parse(on.at);
}

/** User data that says a word nobody else knows on the console. */
export function userDataSaying(): { readonly script: string; readonly words: string } {
  const words = `user data of ${randomBytes(6).toString('hex')}`;
  return { words, script: `#!/bin/sh\necho "lab-os: ${words}"\n` };
}
