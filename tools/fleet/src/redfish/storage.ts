import { diskLabels } from '../machine/hardware.ts';
import type { ManagedMachine } from '../machine/managed-machine.ts';
import type { RaidController, RaidDrive } from '../machine/raid.ts';
import { levels } from '../machine/raid.ts';
import { RedfishError } from './error.ts';
import { readLamp } from './lamps.ts';
import { collection, healthy, link, onlyWritable, type Answer, type RedfishRequest } from './request.ts';

/** The subsystem of the machine's own disks, and that of its RAID controller. */
export const disksId = '1';
export const raidId = '2';

const base = ({ identity }: ManagedMachine) => `/redfish/v1/Systems/${identity.uuid}/Storage`;
export const storagePath = (machine: ManagedMachine, id: string): string => `${base(machine)}/${id}`;

const missing = ({ call }: RedfishRequest) => new RedfishError('ResourceMissingAtURI', [call.path]);

/** The RAID controller that a request is about. @throws RedfishError 404 */
export function controllerOf(request: RedfishRequest): RaidController {
  const { raid } = request.machine;
  if (raid === undefined || request.params['storage'] !== raidId) throw missing(request);
  return raid;
}

export function storageCollection({ machine }: RedfishRequest): Record<string, unknown> {
  const ids = machine.raid === undefined ? [disksId] : [disksId, raidId];
  const members = ids.map((id) => storagePath(machine, id));
  return collection(base(machine), 'StorageCollection', 'Storage', members);
}

export function storage(request: RedfishRequest): Record<string, unknown> {
  const { machine, params } = request;
  const isRaid = params['storage'] === raidId;
  if (!isRaid && params['storage'] !== disksId) throw missing(request);
  const raidTypes = isRaid && controllerOf(request) !== undefined ? Object.keys(levels) : [];
  const name = isRaid ? 'RAID controller' : 'SATA controller';
  const self = storagePath(machine, isRaid ? raidId : disksId);
  const drives = drivesAt(request).map(({ id }) => `${self}/Drives/${id}`);
  return {
    '@odata.id': self,
    '@odata.type': '#Storage.v1_17_0.Storage',
    Id: isRaid ? raidId : disksId,
    Name: name,
    StorageControllers: [
      {
        '@odata.id': `${self}#/StorageControllers/0`,
        MemberId: '0',
        Name: name,
        Manufacturer: machine.hardware.vendor,
        SpeedGbps: isRaid ? 12 : 6,
        SupportedDeviceProtocols: [isRaid ? 'SAS' : 'SATA'],
        SupportedRAIDTypes: raidTypes,
        Status: healthy,
      },
    ],
    Drives: drives.map(link),
    'Drives@odata.count': drives.length,
    Volumes: link(`${self}/Volumes`),
    Status: healthy,
  };
}

interface Drive extends RaidDrive {
  readonly protocol: 'SATA' | 'SAS';
  /** Volumes that it is a part of. */
  readonly volumes: readonly string[];
}

function drivesAt(request: RedfishRequest): readonly Drive[] {
  const { machine, params } = request;
  if (params['storage'] === disksId) {
    return machine.hardware.disks.map((disk, index) => ({
      ...disk,
      ...diskLabels(machine.identity.serial, index),
      id: String(index + 1),
      protocol: 'SATA',
      volumes: [],
    }));
  }
  const { drives, volumes } = controllerOf(request);
  return drives.map((drive, index) => ({
    ...drive,
    protocol: 'SAS',
    volumes: volumes.filter((volume) => volume.drives.includes(index)).map(({ id }) => id),
  }));
}

export function drive(request: RedfishRequest): Record<string, unknown> {
  const { machine, bmc, params } = request;
  const disk = drivesAt(request).find(({ id }) => id === params['drive']);
  if (disk === undefined) throw missing(request);
  const self = storagePath(machine, params['storage'] ?? '');
  const path = `${self}/Drives/${disk.id}`;
  return {
    '@odata.id': path,
    '@odata.type': '#Drive.v1_20_0.Drive',
    Id: disk.id,
    Name: disk.model,
    Model: disk.model,
    Manufacturer: machine.hardware.vendor,
    SerialNumber: disk.serial,
    CapacityBytes: disk.bytes,
    MediaType: disk.rotational ? 'HDD' : 'SSD',
    Protocol: disk.protocol,
    BlockSizeBytes: 512,
    Identifiers: [{ DurableName: disk.wwn.slice(2).toUpperCase(), DurableNameFormat: 'NAA' }],
    Links: { Volumes: disk.volumes.map((id) => link(`${self}/Volumes/${id}`)) },
    LocationIndicatorActive: bmc.lampsOfDrives.has(path),
    FailurePredicted: false,
    Status: healthy,
  };
}

/** PATCH of a drive: its lamp, which does not blink. */
export function patchDrive(request: RedfishRequest): Answer {
  const { bmc, body } = request;
  const present = drive(request);
  onlyWritable(body, ['LocationIndicatorActive'], present);
  const path = String(present['@odata.id']);
  const lit = readLamp(body);
  if (lit === 'Off') bmc.lampsOfDrives.delete(path);
  else if (lit !== undefined) bmc.lampsOfDrives.add(path);
  return { status: 200, body: drive(request) };
}
