import type { Change, Decision, Seen } from '../../work/decision.ts';
import { decidePutAway } from '../../interfaces/boot/put-away.ts';
import { isDone } from '../../work/journal.ts';
import { wantsSecureBoot } from '../deploy/instance.ts';

/** Argument of the cleaning that follows: what still runs on the machine is the system of the instance, and no agent. */
export const afterInstance = 'after_instance';

/** What is left of an instance on the node when it is gone; also when tearing down failed, as in Ironic. */
const instanceGone: Change = {
  patch: { instanceInfo: {}, instanceUuid: null, instanceName: null, deployStep: null, allocationUuid: null },
  internal: {
    deploy_steps: null,
    deploy_step_index: null,
    user_deploy_steps: null,
    instance: null,
    root_uuid_or_disk_id: null,
    is_whole_disk_image: null,
    deploy_boot_mode: null,
    image_source: null,
  },
  blobs: { 'config-drive': null },
  agent: null,
  bootEntry: null,
};

/** Undeploy: the machine is switched off and forgets its instance; automated cleaning follows. */
export function decideTearDown(seen: Seen): Decision {
  const { journal, node } = seen;
  if (journal.failure !== null) {
    const error = `Error in tear_down of node ${node.uuid}: ${journal.failure.error}`;
    return {
      kind: 'end',
      change: {
        ...instanceGone,
        event: 'fail',
        patch: { ...instanceGone.patch, lastError: error },
        history: { event: error, eventType: 'undeploying', severity: 'ERROR' },
      },
    };
  }
  if (node.interfaces.deploy !== 'fake') {
    const away = decidePutAway(seen);
    if (away !== undefined) return away;
    if (wantsSecureBoot(node) && !isDone(journal, 'secure-boot')) {
      return { kind: 'effect', effect: { kind: 'set-secure-boot', enabled: false } };
    }
  }
  return {
    kind: 'follow',
    work: { kind: 'clean', args: { [afterInstance]: true } },
    change: { ...instanceGone, event: 'clean' },
  };
}
