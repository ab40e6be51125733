import { logicalCpus, memoryMiB } from '../machine/hardware.ts';
import {
  bootTargets,
  firmwareModes,
  overrideModes,
  resetTypes,
  type BootTarget,
  type Running,
} from '../machine/state.ts';
import type { ManagedMachine } from '../machine/managed-machine.ts';
import { offeredTargets } from '../machine/personality.ts';
import { RedfishError } from './error.ts';
import { lamp, readLamp } from './lamps.ts';
import {
  healthy,
  isRecord,
  link,
  noContent,
  oneOf,
  onlyWritable,
  parameterOneOf,
  type Answer,
  type RedfishRequest,
} from './request.ts';

const writableBoot = [
  'BootSourceOverrideTarget',
  'BootSourceOverrideEnabled',
  'BootSourceOverrideMode',
  'HttpBootUri',
  'UefiTargetBootSourceOverride',
];

/** The ComputerSystem resource. */
export function system({ bmc, machine }: RedfishRequest): Record<string, unknown> {
  const { identity, override, hardware } = machine;
  const self = `/redfish/v1/Systems/${identity.uuid}`;
  return {
    '@odata.id': self,
    '@odata.type': '#ComputerSystem.v1_22_0.ComputerSystem',
    Id: identity.uuid,
    Name: identity.name,
    SystemType: 'Physical',
    Manufacturer: machine.personality.vendor,
    Model: hardware.model,
    SerialNumber: identity.serial,
    SKU: 'FW1000',
    PartNumber: 'FW-1000-01',
    UUID: identity.uuid,
    HostName: identity.name,
    AssetTag: bmc.assetTag ?? null,
    BiosVersion: machine.biosVersion,
    PowerState: machine.power,
    ...lamp(bmc),
    Status: { ...healthy, HealthRollup: 'OK' },
    ...(machine.running.kind === 'unknown' ? {} : { BootProgress: { LastState: bootProgress(machine.running) } }),
    Boot: {
      BootSourceOverrideEnabled: override.enabled,
      BootSourceOverrideTarget: override.target,
      'BootSourceOverrideTarget@Redfish.AllowableValues': offeredTargets(machine.personality, bootTargets),
      BootSourceOverrideMode: override.mode,
      'BootSourceOverrideMode@Redfish.AllowableValues': firmwareModes,
      HttpBootUri: override.httpBootUri ?? null,
      UefiTargetBootSourceOverride: null,
    },
    ProcessorSummary: {
      Count: hardware.cpu.sockets,
      CoreCount: hardware.cpu.sockets * hardware.cpu.coresPerSocket,
      LogicalProcessorCount: logicalCpus(hardware),
      Model: hardware.cpu.model,
      Status: healthy,
    },
    MemorySummary: { TotalSystemMemoryGiB: memoryMiB(hardware) / 1024, Status: healthy },
    Bios: link(`${self}/Bios`),
    SecureBoot: link(`${self}/SecureBoot`),
    EthernetInterfaces: link(`${self}/EthernetInterfaces`),
    Processors: link(`${self}/Processors`),
    Memory: link(`${self}/Memory`),
    Storage: link(`${self}/Storage`),
    SimpleStorage: link(`${self}/SimpleStorage`),
    ...(machine.personality.mediaUnderManagerOnly ? {} : { VirtualMedia: link(`${self}/VirtualMedia`) }),
    Links: {
      Chassis: [link(`/redfish/v1/Chassis/${identity.uuid}`)],
      ManagedBy: [link(`/redfish/v1/Managers/${identity.uuid}`)],
    },
    Actions: {
      '#ComputerSystem.Reset': {
        target: `${self}/Actions/ComputerSystem.Reset`,
        'ResetType@Redfish.AllowableValues': resetTypes,
      },
    },
  };
}

function bootProgress(running: Exclude<Running, { kind: 'unknown' }>): string {
  switch (running.kind) {
    case 'off':
      return 'None';
    case 'booting':
      return running.phase === 'firmware' ? 'SystemHardwareInitializationComplete' : 'OSBootStarted';
    case 'agent':
    case 'os':
      return 'OSRunning';
    case 'stuck':
      return 'SetupEntered';
  }
}

/** PATCH of the system: boot override, asset tag, location light. */
export function patchSystem(request: RedfishRequest): Answer {
  const { body, bmc, machine } = request;
  onlyWritable(body, ['Boot', 'AssetTag', 'LocationIndicatorActive', 'IndicatorLED'], system(request));
  const { Boot: boot, AssetTag: tag } = body;
  const change = boot === undefined ? undefined : readBoot(boot, machine);
  if (tag !== undefined && typeof tag !== 'string') {
    throw new RedfishError('PropertyValueTypeError', [JSON.stringify(tag), 'AssetTag']);
  }
  const lit = readLamp(body);
  if (change !== undefined) {
    Object.assign(machine.override, change);
    const { target, enabled, mode, httpBootUri } = machine.override;
    machine.record('boot-override', { target, enabled, mode, ...(httpBootUri === undefined ? {} : { httpBootUri }) });
  }
  if (tag !== undefined) bmc.assetTag = tag;
  if (lit !== undefined) bmc.locationLed = lit;
  return { status: 200, body: system(request) };
}

function readBoot(value: unknown, { personality, running }: ManagedMachine) {
  if (!isRecord(value)) throw new RedfishError('PropertyValueTypeError', [JSON.stringify(value), 'Boot']);
  onlyWritable(value, writableBoot, { BootOptions: null, BootOrder: null });
  const { BootSourceOverrideTarget: target, BootSourceOverrideEnabled: enabled, BootSourceOverrideMode: mode } = value;
  const { HttpBootUri: uri } = value;
  if (uri !== undefined && uri !== null && typeof uri !== 'string') {
    throw new RedfishError('PropertyValueTypeError', [JSON.stringify(uri), 'HttpBootUri']);
  }
  if (personality.lockedDuringSelfTest && running.kind === 'booting' && running.phase === 'firmware') {
    throw new RedfishError('UnableToModifyDuringSystemPOST');
  }
  if (personality.completeBootPatch) {
    for (const [name, part] of Object.entries({
      BootSourceOverrideTarget: target,
      BootSourceOverrideEnabled: enabled,
    })) {
      if (part === undefined) throw new RedfishError('PropertyMissing', [name]);
    }
    if (mode === undefined) throw new RedfishError('PropertyMissing', ['BootSourceOverrideMode']);
  }
  if (personality.onceOnly && enabled === 'Continuous') {
    throw new RedfishError('PropertyValueNotInList', ['Continuous', 'BootSourceOverrideEnabled']);
  }
  return {
    ...(personality.forgetsEnabled && enabled === undefined ? { enabled: 'Disabled' as const } : {}),
    ...(target === undefined
      ? {}
      : { target: oneOf<BootTarget>('BootSourceOverrideTarget', target, offeredTargets(personality, bootTargets)) }),
    ...(enabled === undefined ? {} : { enabled: oneOf('BootSourceOverrideEnabled', enabled, overrideModes) }),
    ...(mode === undefined ? {} : { mode: oneOf('BootSourceOverrideMode', mode, firmwareModes) }),
    ...(uri === undefined ? {} : { httpBootUri: uri ?? undefined }),
  };
}

/** The Reset action. Accepted at once; the effect follows after a lag. */
export function resetSystem({ body, machine }: RedfishRequest): Answer {
  const type = parameterOneOf('ComputerSystem.Reset', 'ResetType', body['ResetType'], resetTypes);
  const { faults } = machine.world;
  const refused = faults.take('bmc.power-refused', machine.name);
  if (refused !== undefined) {
    machine.record('power-refused', { reset: type });
    throw new RedfishError('ActionParameterValueConflict', ['ResetType', type], { status: refused.status ?? 409 });
  }
  if (faults.take('bmc.power-ignored', machine.name) === undefined) void machine.reset(type, 'redfish');
  return noContent;
}
