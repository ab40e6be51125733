import { patchTowards } from '../../provisioner/patch.ts';
import { decideAdoption } from '../adoption/decide.ts';
import { annotations } from '../annotations.ts';
import { askVerb, endMaintenance, unexpectedState } from '../ask.ts';
import { waitFor, type Decision } from '../decision.ts';
import { event } from '../events.ts';
import { clearedSettings } from '../preparation/settings.ts';
import { cleaningWanted, retrying, wasProvisioned, type HostView } from '../view.ts';

/** Failures after which a host that is being deleted is given up. */
export const attemptsBeforeGivingUp = 3;

/** Takes what is on the machine off it. */
export function decideDeprovisioning(view: HostView): Decision {
  const { status, node, deleting, bmc } = view;
  if (deleting && bmc.kind === 'none' && node === undefined) return { kind: 'advance', to: 'deleting' };
  if (deleting && status.errorType !== undefined && status.errorCount > attemptsBeforeGivingUp) {
    return {
      kind: 'advance',
      to: 'powering off before delete',
      notes: { metrics: [{ counter: 'deleteWithoutDeprovisioning' }] },
    };
  }
  const adoption = wasProvisioned(status) ? decideAdoption(view) : undefined;
  return adoption ?? undeploy(view);
}

function undeploy(view: HostView): Decision {
  const { node, host } = view;
  if (node === undefined) return waitFor('the host has no node yet');
  const started = { then: { events: [event('DeprovisioningStarted', 'Image deprovisioning started')] } };
  switch (node.provisionState) {
    case 'error':
      return retrying(view, 'provisioning error')
        ? askVerb(node, 'deleted', started)
        : failed(node.lastError || 'Deprovisioning failed');
    case 'clean failed':
      if (!retrying(view, 'provisioning error')) return failed(node.lastError || 'Cleaning failed');
      return node.maintenance ? endMaintenance() : askVerb(node, 'manage');
    case 'manageable':
      return askVerb(node, 'provide');
    case 'available':
      return released(view);
    case 'active':
    case 'deploy failed':
    case 'wait call-back': {
      const patch = patchTowards(
        '',
        { automated_clean: node.automatedClean ?? null },
        { automated_clean: cleaningWanted(host) },
      );
      if (patch.length > 0 && node.provisionState !== 'wait call-back')
        return { kind: 'ask', request: { do: 'patch', patch } };
      return askVerb(node, 'deleted', started);
    }
    case 'service wait':
    case 'service failed':
      return { kind: 'ask', request: { do: 'verb', verb: 'abort' } };
    case 'servicing':
    case 'deleting':
    case 'cleaning':
    case 'clean wait':
    case 'deploying':
      return waitFor(`Ironic is ${node.provisionState}`);
    default:
      return unexpectedState(node, 'deprovisioning');
  }
}

function released({ deleting, status }: HostView): Decision {
  return {
    kind: 'advance',
    to: deleting ? 'powering off before delete' : 'available',
    notes: {
      clearError: true,
      events: [event('DeprovisioningComplete', 'Image deprovisioning completed')],
      dropAnnotations: [annotations.reboot],
      status: {
        provisioning: { ...clearedSettings(status.provisioning), image: undefined, customDeploy: undefined },
      },
    },
  };
}

function failed(message: string): Decision {
  return { kind: 'fail', type: 'provisioning error', message };
}
