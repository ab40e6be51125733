import type { NodeSnapshot } from '../../provisioner/node.ts';
import { askVerb } from '../ask.ts';
import { waitFor, type Decision } from '../decision.ts';

/**
 * What stands between a node and its removal from Ironic; undefined when it can be deleted now. Nothing is undone on the
 * machine: a node that is in use is put into maintenance, so that Ironic lets go of it as it is.
 */
export function decideRemoval(
  node: NodeSnapshot,
  { force, abortDeploy }: { readonly force: boolean; readonly abortDeploy: boolean },
): Decision | undefined {
  switch (node.provisionState) {
    case 'enroll':
      return undefined;
    case 'verifying':
      return waitFor('Ironic is verifying the BMC');
    case 'available':
    case 'manageable':
      return node.instanceUuid === ''
        ? undefined
        : { kind: 'ask', request: { do: 'patch', patch: [{ op: 'remove', path: '/instance_uuid' }] } };
    case 'deploying':
    case 'cleaning':
    case 'inspecting':
    case 'servicing':
    case 'deleting':
      return waitFor(`Ironic is ${node.provisionState}`);
    case 'wait call-back':
      if (!force) return waitFor('the agent is writing the image');
      return askVerb(node, abortDeploy ? 'abort' : 'deleted');
    case 'inspect wait':
    case 'clean wait':
    case 'service wait':
      return force ? askVerb(node, 'abort') : waitFor(`the agent is at work (${node.provisionState})`);
    default:
      return node.maintenance
        ? undefined
        : { kind: 'ask', request: { do: 'maintenance', on: true, reason: 'the BareMetalHost lets go of this node' } };
  }
}
