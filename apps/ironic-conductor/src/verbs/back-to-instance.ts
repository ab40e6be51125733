import { decideBootFromDisk } from '../interfaces/boot/from-disk.ts';
import { asksWhatToBoot } from '../interfaces/boot/way.ts';
import { decideOff, decideStart } from '../interfaces/power/off-and-on.ts';
import type { Change, Decision, Seen } from '../work/decision.ts';
import { isDone, withDone } from '../work/journal.ts';

const wentOff = 'went-off';

/** The next act that brings a machine from a ramdisk back to the system on its disk: off, medium out, boot device, on. */
export function decideBackToInstance(seen: Seen): Decision | undefined {
  const { journal } = seen;
  if (!isDone(journal, wentOff)) {
    return decideOff(seen) ?? { kind: 'note', journal: withDone(journal, wentOff) };
  }
  return decideBootFromDisk(seen, false) ?? decideStart(seen, 'hard', true);
}

/** Afterwards a machine that boots over the network keeps the entry that sends it to its disk; others have nothing to be told. */
export const entryOfInstance = (node: Seen['node']): Pick<Change, 'bootEntry'> =>
  asksWhatToBoot(node) ? {} : { bootEntry: null };
