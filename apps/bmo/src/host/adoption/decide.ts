import { askVerb, endMaintenance } from '../ask.ts';
import { waitFor, type Decision } from '../decision.ts';
import { retrying, type HostView } from '../view.ts';

/**
 * Makes Ironic take a machine that is in use as it is, after its node had to be enrolled anew: no power action, no cleaning.
 * undefined once Ironic holds the machine as deployed, or is working on it.
 */
export function decideAdoption(view: HostView): Decision | undefined {
  const { node, state } = view;
  if (node === undefined) return waitFor('the host has no node yet');
  switch (node.provisionState) {
    case 'enroll':
    case 'verifying':
      return waitFor('Ironic is verifying the BMC');
    case 'manageable':
      return state === 'deprovisioning' ? undefined : askVerb(node, 'adopt');
    case 'adopting':
      return waitFor('Ironic is adopting the machine');
    case 'adopt failed':
      return retrying(view, 'provisioned registration error')
        ? askVerb(node, 'adopt')
        : { kind: 'fail', type: 'provisioned registration error', message: node.lastError || 'Adoption failed' };
    case 'active':
      if (node.maintenance && node.fault === '') return endMaintenance();
      break;
    default:
      break;
  }
  return retrying(view, 'provisioned registration error') ? { kind: 'note', notes: { clearError: true } } : undefined;
}
