import type { Decision, Seen } from '../../work/decision.ts';
import { isDone } from '../../work/journal.ts';

/** The next act towards a machine that boots its own disk; undefined once nothing is left to do. `secureBoot`: switch that on as well. */
export function decideBootFromDisk({ journal, node }: Seen, secureBoot: boolean): Decision | undefined {
  if (node.interfaces.boot === 'redfish-virtual-media' && !isDone(journal, 'ejected')) {
    return { kind: 'effect', effect: { kind: 'eject-media' } };
  }
  if (secureBoot && !isDone(journal, 'secure-boot')) {
    return { kind: 'effect', effect: { kind: 'set-secure-boot', enabled: true } };
  }
  if (!isDone(journal, 'boot-device-disk') && node.interfaces.boot !== 'fake') {
    return { kind: 'effect', effect: { kind: 'set-boot-device', device: 'disk', persistent: true } };
  }
  return undefined;
}
