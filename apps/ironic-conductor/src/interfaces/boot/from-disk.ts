import type { Decision, Seen } from '../../work/decision.ts';
import { isDone } from '../../work/journal.ts';
import { decideMediumOut } from './put-away.ts';

/** The next act towards a machine that boots its own disk; undefined once nothing is left to do. `secureBoot`: switch that on as well. */
export function decideBootFromDisk(seen: Seen, secureBoot: boolean): Decision | undefined {
  const { journal, node } = seen;
  const out = decideMediumOut(seen);
  if (out !== undefined) return out;
  if (secureBoot && !isDone(journal, 'secure-boot')) {
    return { kind: 'effect', effect: { kind: 'set-secure-boot', enabled: true } };
  }
  if (!isDone(journal, 'boot-device-disk') && node.interfaces.boot !== 'fake') {
    return { kind: 'effect', effect: { kind: 'set-boot-device', device: 'disk', persistent: true } };
  }
  return undefined;
}
