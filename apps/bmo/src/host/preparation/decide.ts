import { effectiveRootDeviceHints } from '../../hardware/root-device-hints.ts';
import { sameJson, type JsonObject } from '../../kernel.ts';
import type { NodeSnapshot } from '../../provisioner/node.ts';
import { patchTowards } from '../../provisioner/patch.ts';
import { askVerb, endMaintenance, unexpectedState } from '../ask.ts';
import { waitFor, type Decision, type Notes } from '../decision.ts';
import { retrying, type HostView } from '../view.ts';
import { raidProblem, raidSteps, raidWork, sameRaid, wantedRaid, type RaidWork } from './raid.ts';

/** Settles what has to be settled on the machine before anything is written to its disks. */
export function decidePreparation(view: HostView): Decision {
  const { node } = view;
  if (node === undefined) return waitFor('the host has no node yet');
  switch (node.provisionState) {
    case 'available':
      return workOf(view) === undefined ? ready(view) : askVerb(node, 'manage');
    case 'manageable': {
      const work = workOf(view);
      return work === undefined ? ready(view) : begin(view, node, work);
    }
    case 'clean failed':
      if (!retrying(view, 'preparation error')) return failed(view, node.lastError || 'Preparation failed');
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
  const { raid, rootDeviceHints } = view.status.provisioning;
  return !sameRaid(raidOf(view), raid) || !sameJson(wantedHints(view), rootDeviceHints);
}

function wantedHints({ host, status }: HostView) {
  return effectiveRootDeviceHints(host.spec, status.hardwareProfile ?? 'unknown');
}

const raidOf = ({ host, status }: HostView) => wantedRaid(host.spec.raid, status.provisioning.raid);
const workOf = (view: HostView) => raidWork(raidOf(view), view.status.provisioning.raid);

/** Interface and target are put on record first: a cleaning must not begin with those of another time. */
function begin(view: HostView, node: NodeSnapshot, work: RaidWork): Decision {
  if (view.bmc.kind === 'none') return waitFor('the BMC credentials are not usable');
  const { driver } = view.bmc.access;
  const problem = raidProblem(work, { supported: driver.interfaces.raid !== 'no-raid' });
  if (problem !== undefined) return { kind: 'fail', type: 'preparation error', message: problem };

  const wanted = work.by === 'software' ? (driver.softwareRaid ?? 'agent') : driver.interfaces.raid;
  const patch =
    wanted === undefined ? [] : patchTowards('', { raid_interface: node.raidInterface }, { raid_interface: wanted });
  if (patch.length > 0) return { kind: 'ask', request: { do: 'patch', patch } };

  const config: JsonObject = work.logicalDisks.length > 0 ? { logical_disks: work.logicalDisks } : {};
  if (!sameJson(node.targetRaid, config)) return { kind: 'ask', request: { do: 'raid', config } };

  return askVerb(node, 'clean', {
    args: { clean_steps: raidSteps(work).map((step) => ({ ...step })) },
    then: { status: { provisioning: { raid: work.recorded } } },
  });
}

function ready(view: HostView): Decision {
  const notes: Notes = {
    status: { provisioning: { rootDeviceHints: wantedHints(view), raid: raidOf(view) } },
    ...(retrying(view, 'preparation error') ? { clearError: true } : {}),
  };
  return { kind: 'advance', to: 'available', notes };
}

/** What came of it is not known: what the host asks for is not on record any more, so that it is done again. */
function failed({ host, status }: HostView, message: string): Decision {
  const recorded = status.provisioning.raid;
  const hardware = host.spec.raid?.hardwareRAIDVolumes ? null : (recorded?.hardwareRAIDVolumes ?? null);
  const raid = hardware === null ? undefined : { hardwareRAIDVolumes: hardware, softwareRAIDVolumes: null };
  return {
    kind: 'fail',
    type: 'preparation error',
    message,
    ...(recorded === undefined ? {} : { notes: { status: { provisioning: { raid } } } }),
  };
}
