import { decideBootFromDisk } from '../interfaces/boot/from-disk.ts';
import { asksWhatToBoot } from '../interfaces/boot/way.ts';
import { decidePower } from '../interfaces/power/decide.ts';
import type { Change, Decision, Seen } from '../work/decision.ts';
import { isDone, withDone } from '../work/journal.ts';

const wentOff = 'went-off';

/** The next act that brings a machine from a ramdisk back to the system on its disk: off, medium out, boot device, on. */
export function decideBackToInstance(seen: Seen): Decision | undefined {
  const { journal } = seen;
  if (!isDone(journal, wentOff)) {
    return decidePower(seen, { to: 'off', manner: 'hard' }) ?? { kind: 'note', journal: withDone(journal, wentOff) };
  }
  return decideBootFromDisk(seen, false) ?? decidePower(seen, { to: 'on', manner: 'hard' });
}

/** Afterwards a machine that boots over the network keeps the entry that sends it to its disk; others have nothing to be told. */
export const entryOfInstance = (node: Seen['node']): Pick<Change, 'bootEntry'> =>
  asksWhatToBoot(node) ? {} : { bootEntry: null };
