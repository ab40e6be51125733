import { effectiveRootDeviceHints } from '../../hardware/root-device-hints.ts';
import { sameJson } from '../../kernel.ts';
import { askVerb, endMaintenance, unexpectedState } from '../ask.ts';
import { waitFor, type Decision, type Notes } from '../decision.ts';
import { retrying, type HostView } from '../view.ts';

/** Settles what has to be settled on the machine before anything is written to its disks. */
export function decidePreparation(view: HostView): Decision {
  const { node } = view;
  if (node === undefined) return waitFor('the host has no node yet');
  if (raidWanted(view)) {
    return failed(
      'RAID configuration is not supported by this release: remove spec.raid, and set the volumes up on the machine',
    );
  }

  switch (node.provisionState) {
    case 'available':
    case 'manageable':
      return { kind: 'advance', to: 'available', notes: ready(view) };
    case 'clean failed':
      if (!retrying(view, 'preparation error')) return failed(node.lastError || 'Preparation failed');
      return node.maintenance ? endMaintenance() : askVerb(node, 'manage');
    case 'cleaning':
    case 'clean wait':
      return waitFor('Ironic is preparing the machine');
    default:
      return unexpectedState(node, 'preparation');
  }
}

/** Whether a host that is ready for use has to be prepared again. */
export function settingsChanged(view: HostView): boolean {
  return raidWanted(view) || !sameJson(wantedHints(view), view.status.provisioning.rootDeviceHints);
}

function wantedHints({ host, status }: HostView) {
  return effectiveRootDeviceHints(host.spec, status.hardwareProfile ?? 'unknown');
}

function raidWanted({ host }: HostView): boolean {
  const { hardwareRAIDVolumes, softwareRAIDVolumes } = host.spec.raid ?? {};
  return (hardwareRAIDVolumes ?? []).length > 0 || (softwareRAIDVolumes ?? []).length > 0;
}

function ready(view: HostView): Notes {
  return {
    status: { provisioning: { rootDeviceHints: wantedHints(view) } },
    ...(retrying(view, 'preparation error') ? { clearError: true } : {}),
  };
}

function failed(message: string): Decision {
  return { kind: 'fail', type: 'preparation error', message };
}
