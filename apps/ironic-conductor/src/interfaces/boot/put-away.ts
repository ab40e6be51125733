import { showsMedium } from '@metal3/node';
import type { Decision, Seen } from '../../work/decision.ts';
import { isDone } from '../../work/journal.ts';
import { decideOff } from '../power/off-and-on.ts';

/** The medium out, where machines are shown one; undefined once it is. */
export function decideMediumOut({ journal, node }: Seen): Decision | undefined {
  return showsMedium(node.interfaces.boot) && !isDone(journal, 'ejected')
    ? { kind: 'effect', effect: { kind: 'eject-media' } }
    : undefined;
}

/** The machine off where it may be, and its medium out; undefined once both are so. */
export const decidePutAway = (seen: Seen): Decision | undefined => decideOff(seen) ?? decideMediumOut(seen);
