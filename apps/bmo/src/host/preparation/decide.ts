import { effectiveRootDeviceHints } from '../../hardware/root-device-hints.ts';
import { sameJson, type JsonObject } from '../../kernel.ts';
import type { NodeSnapshot } from '../../provisioner/node.ts';
import { patchTowards } from '../../provisioner/patch.ts';
import { askVerb, endMaintenance, unexpectedState } from '../ask.ts';
import { waitFor, type Decision, type Notes } from '../decision.ts';
import { retrying, type HostView } from '../view.ts';
import {
  biosFingerprint,
  firmwareSteps,
  firmwareWish,
  firmwareWork,
  refusedSettings,
  type FirmwareWork,
} from './firmware.ts';
import { raidProblem, raidSteps, raidWork, sameRaid, wantedRaid, type RaidWork } from './raid.ts';
import type { ManualStep } from './steps.ts';

/** Settles what has to be settled on the machine before anything is written to its disks. */
export function decidePreparation(view: HostView): Decision {
  const { node } = view;
  if (node === undefined) return waitFor('the host has no node yet');
  switch (node.provisionState) {
    case 'available':
    case 'manageable':
      return decideWork(view, node);
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

/** Why a host that is ready for use has to be prepared again, or what has to be known to say so; undefined: it has not. */
export function decideReadiness(view: HostView): Decision | undefined {
  const { raid, rootDeviceHints } = view.status.provisioning;
  if (!sameRaid(raidOf(view), raid) || !sameJson(wantedHints(view), rootDeviceHints)) return prepare;
  const wish = firmwareWish(view.firmware);
  if (wish.kind === 'unchecked') return waitFor(wish.reason);
  const work = firmwareWork(wish, view);
  if (work === undefined) return { kind: 'read-bios' };
  return firmwareSteps(work).length > 0 ? prepare : undefined;
}

const prepare: Decision = { kind: 'advance', to: 'preparing' };

function wantedHints({ host, status }: HostView) {
  return effectiveRootDeviceHints(host.spec, status.hardwareProfile ?? 'unknown');
}

const raidOf = ({ host, status }: HostView) => wantedRaid(host.spec.raid, status.provisioning.raid);

function decideWork(view: HostView, node: NodeSnapshot): Decision {
  const wish = firmwareWish(view.firmware);
  if (wish.kind === 'unchecked') return waitFor(wish.reason);
  const firmware = firmwareWork(wish, view);
  if (firmware === undefined) return { kind: 'read-bios' };
  const raid = raidWork(raidOf(view), view.status.provisioning.raid);
  const steps = [...(raid === undefined ? [] : raidSteps(raid)), ...firmwareSteps(firmware)];
  if (steps.length === 0) return ready(view);

  const again = firmware.settings.length > 0 && view.biosApplied === biosFingerprint(firmware);
  if (again && !retrying(view, 'preparation error')) return failed(view, refusedSettings(firmware, view.biosSettings));
  if (node.provisionState === 'available') return askVerb(node, 'manage');
  return (raid && settleRaid(view, node, raid)) ?? clean(node, steps, raid, firmware);
}

/** Interface and target are put on record first: a cleaning must not begin with those of another time. */
function settleRaid({ bmc }: HostView, node: NodeSnapshot, work: RaidWork): Decision | undefined {
  if (bmc.kind === 'none') return waitFor('the BMC credentials are not usable');
  const { driver } = bmc.access;
  const problem = raidProblem(work, { supported: driver.interfaces.raid !== 'no-raid' });
  if (problem !== undefined) return { kind: 'fail', type: 'preparation error', message: problem };

  const wanted = work.by === 'software' ? (driver.softwareRaid ?? 'agent') : driver.interfaces.raid;
  const patch =
    wanted === undefined ? [] : patchTowards('', { raid_interface: node.raidInterface }, { raid_interface: wanted });
  if (patch.length > 0) return { kind: 'ask', request: { do: 'patch', patch } };

  const config: JsonObject = work.logicalDisks.length > 0 ? { logical_disks: work.logicalDisks } : {};
  return sameJson(node.targetRaid, config) ? undefined : { kind: 'ask', request: { do: 'raid', config } };
}

function clean(
  node: NodeSnapshot,
  steps: readonly ManualStep[],
  raid: RaidWork | undefined,
  firmware: FirmwareWork,
): Decision {
  return askVerb(node, 'clean', {
    args: { clean_steps: steps.map((step) => ({ ...step })) },
    then: {
      ...(raid === undefined ? {} : { status: { provisioning: { raid: raid.recorded } } }),
      ...(firmware.updates.length > 0 ? { firmwareUpdates: firmware.recorded } : {}),
      ...(firmware.settings.length > 0 ? { biosApplied: biosFingerprint(firmware) } : {}),
    },
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
function failed({ host, status, firmware }: HostView, message: string): Decision {
  const recorded = status.provisioning.raid;
  const hardware = host.spec.raid?.hardwareRAIDVolumes ? null : (recorded?.hardwareRAIDVolumes ?? null);
  const raid = hardware === null ? undefined : { hardwareRAIDVolumes: hardware, softwareRAIDVolumes: null };
  const begun = (firmware.components?.status?.updates ?? []).length > 0;
  const notes: Notes = {
    ...(recorded === undefined ? {} : { status: { provisioning: { raid } } }),
    ...(begun ? { firmwareUpdates: [] } : {}),
  };
  return { kind: 'fail', type: 'preparation error', message, ...(Object.keys(notes).length > 0 ? { notes } : {}) };
}
