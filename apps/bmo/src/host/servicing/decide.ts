import type { NodeSnapshot } from '../../provisioner/node.ts';
import { askVerb, endMaintenance } from '../ask.ts';
import { waitFor, type Decision, type Notes } from '../decision.ts';
import {
  biosFingerprint,
  firmwareSteps,
  firmwareWish,
  firmwareWork,
  refusedSettings,
} from '../preparation/firmware.ts';
import { retrying, type HostFirmware, type HostView } from '../view.ts';

/**
 * Changes the firmware of a machine that is in use, in the moment between being off and being switched on again, where a
 * HostUpdatePolicy of the host's name says `onReboot`. undefined when there is nothing to change, or nothing may be.
 */
export function decideServicing(view: HostView, node: NodeSnapshot): Decision | undefined {
  const { host, status, state } = view;
  if (state !== 'provisioned' && state !== 'externally provisioned') return undefined;
  const underWay = status.operationalStatus === 'servicing' || retrying(view, 'servicing error');
  const aboutToStart = host.spec.online && node.powerState === 'power off';
  if (!underWay && !aboutToStart) return undefined;

  const firmware = allowedOnReboot(view.firmware);
  const wish = firmwareWish(firmware);
  if (wish.kind === 'unchecked') return waitFor(wish.reason);
  const isAsked = asksForAnything(firmware);
  switch (node.provisionState) {
    case 'servicing':
      return waitFor('Ironic is changing the firmware of the machine');
    case 'service wait':
      return isAsked ? waitFor('the agent is changing the firmware of the machine') : stop;
    case 'service failed':
      if (!isAsked) return stop;
      if (!retrying(view, 'servicing error')) return failed(view, node.lastError || 'Servicing failed');
      if (node.maintenance) return endMaintenance();
      break;
    case 'active':
      break;
    default:
      return undefined;
  }

  const work = firmwareWork(wish, { biosSettings: view.biosSettings, firmware });
  if (work === undefined) return { kind: 'read-bios' };
  const steps = firmwareSteps(work);
  if (steps.length === 0) return node.provisionState === 'service failed' ? stop : underWay ? over : undefined;

  const again = work.settings.length > 0 && view.biosApplied === biosFingerprint(work);
  if (again && !retrying(view, 'servicing error')) return failed(view, refusedSettings(work, view.biosSettings));
  return askVerb(node, 'service', {
    args: { service_steps: steps.map((step) => ({ ...step })) },
    then: {
      status: { operationalStatus: 'servicing' },
      ...(work.updates.length > 0 ? { firmwareUpdates: work.recorded } : {}),
      ...(work.settings.length > 0 ? { biosApplied: biosFingerprint(work) } : {}),
    },
  });
}

function allowedOnReboot({ settings, components, policy }: HostFirmware): HostFirmware {
  return {
    policy,
    settings: policy?.spec.firmwareSettings === 'onReboot' ? settings : undefined,
    components: policy?.spec.firmwareUpdates === 'onReboot' ? components : undefined,
  };
}

function asksForAnything({ settings, components }: HostFirmware): boolean {
  return Object.keys(settings?.spec.settings ?? {}).length > 0 || (components?.spec.updates ?? []).length > 0;
}

/** Nobody asks for it any more. A fault does not stand in the way: it is what is to be ended. */
const stop: Decision = { kind: 'ask', request: { do: 'verb', verb: 'abort' }, then: { biosApplied: '' } };

const over: Decision = {
  kind: 'note',
  notes: { clearError: true, status: { operationalStatus: 'OK', errorCount: 0 }, biosApplied: '' },
};

/** What came of the updates is not known: they are not on record any more, so that they are done again. */
function failed({ firmware }: HostView, message: string): Decision {
  const begun = (firmware.components?.status?.updates ?? []).length > 0;
  const notes: Notes = { biosApplied: '', ...(begun ? { firmwareUpdates: [] } : {}) };
  return { kind: 'fail', type: 'servicing error', message, notes };
}
