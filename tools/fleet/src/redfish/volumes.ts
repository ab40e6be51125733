import { levels, type RaidController, type RaidType, type RaidVolume } from '../machine/raid.ts';
import { RedfishError } from './error.ts';
import { collection, healthy, isRecord, link, noContent, oneOf, type Answer, type RedfishRequest } from './request.ts';
import { controllerOf, disksId, storagePath } from './storage.ts';
import { accepted } from './tasks.ts';

/** Simulated seconds that a controller takes. */
const seconds = { create: 20, delete: 10, initialize: 30 } as const;
const raidTypes = Object.keys(levels) as readonly RaidType[];
const applyTimes = { immediate: 'Immediate', 'on-reset': 'OnReset' } as const;

const collectionPath = ({ machine, params }: RedfishRequest): string =>
  `${storagePath(machine, params['storage'] ?? '')}/Volumes`;

export function volumes(request: RedfishRequest): Record<string, unknown> {
  const path = collectionPath(request);
  if (request.params['storage'] === disksId) return collection(path, 'VolumeCollection', 'Volumes', []);
  const controller = controllerOf(request);
  return {
    ...collection(
      path,
      'VolumeCollection',
      'Volumes',
      controller.volumes.map(({ id }) => `${path}/${id}`),
    ),
    '@Redfish.OperationApplyTimeSupport': {
      '@odata.type': '#Settings.v1_4_0.OperationApplyTimeSupport',
      SupportedValues: [applyTimes[controller.mode]],
    },
  };
}

export function volume(request: RedfishRequest): Record<string, unknown> {
  const controller = controllerOf(request);
  const found = volumeOf(request, controller);
  const self = `${collectionPath(request)}/${found.id}`;
  const drives = `${storagePath(request.machine, request.params['storage'] ?? '')}/Drives`;
  return {
    '@odata.id': self,
    '@odata.type': '#Volume.v1_10_1.Volume',
    Id: found.id,
    Name: found.name,
    RAIDType: found.raidType,
    CapacityBytes: found.bytes,
    BlockSizeBytes: 512,
    Encrypted: false,
    Identifiers: [{ DurableName: found.wwn.slice(2).toUpperCase(), DurableNameFormat: 'NAA' }],
    Links: { Drives: found.drives.map((index) => link(`${drives}/${controller.drives[index]?.id ?? ''}`)) },
    Actions: {
      '#Volume.Initialize': {
        target: `${self}/Actions/Volume.Initialize`,
        'InitializeType@Redfish.AllowableValues': ['Fast', 'Slow'],
      },
    },
    Status: healthy,
  };
}

function volumeOf({ params, call }: RedfishRequest, { volumes: all }: RaidController): RaidVolume {
  const found = all.find(({ id }) => id === params['volume']);
  if (found === undefined) throw new RedfishError('ResourceMissingAtURI', [call.path]);
  return found;
}

/** POST to the collection: a volume, some time later. Where there is no size it takes all there is. */
export function createVolume(request: RedfishRequest): Answer {
  const { body, bmc, machine } = request;
  const controller = controllerOf(request);
  const raidType = oneOf('RAIDType', body['RAIDType'] ?? required('RAIDType'), raidTypes);
  const drives = drivesOf(request, controller);
  const { least, most, multiple } = levels[raidType];
  if (drives.length < least || drives.length > most || drives.length % multiple !== 0) {
    throw new RedfishError('PropertyValueNotInList', [`${drives.length} drives`, `Links/Drives of a ${raidType}`]);
  }
  const room = controller.roomFor(raidType, drives);
  const { CapacityBytes: bytes = room, Name: name } = body;
  if (typeof bytes !== 'number' || bytes <= 0)
    throw new RedfishError('PropertyValueTypeError', [JSON.stringify(bytes), 'CapacityBytes']);
  if (bytes > room) throw new RedfishError('PropertyValueNotInList', [String(bytes), 'CapacityBytes']);
  if (name !== undefined && typeof name !== 'string')
    throw new RedfishError('PropertyValueTypeError', [JSON.stringify(name), 'Name']);
  begin(request, controller);
  const started = bmc.startTask(
    `Creation of a ${raidType}`,
    seconds.create,
    () => {
      if (bytes > controller.roomFor(raidType, drives)) throw new Error('The drives were taken by another volume.');
      // What was on the drives is gone with what told how to read it.
      for (const index of drives) machine.contents.delete(controller.drives[index]?.serial ?? '');
      const made = controller.make({ raidType, bytes, drives, name });
      machine.record('volume-created', { raidType, bytes, drives: drives.length, name: made.name, wwn: made.wwn });
      return Promise.resolve(`Volume ${made.id} was created.`);
    },
    { begins: controller.turn(), request: request.call },
  );
  return accepted(bmc, started);
}

export function deleteVolume(request: RedfishRequest): Answer {
  const { bmc, machine } = request;
  const controller = controllerOf(request);
  const { id, serial, raidType } = volumeOf(request, controller);
  begin(request, controller);
  const started = bmc.startTask(
    `Deletion of volume ${id}`,
    seconds.delete,
    () => {
      controller.remove(id);
      machine.contents.delete(serial);
      machine.record('volume-deleted', { id, raidType });
      return Promise.resolve(`Volume ${id} was deleted.`);
    },
    { begins: controller.turn(), request: request.call },
  );
  return accepted(bmc, started);
}

export function initializeVolume(request: RedfishRequest): Answer {
  const { body, bmc, machine } = request;
  const controller = controllerOf(request);
  const { id, serial } = volumeOf(request, controller);
  const { InitializeType: type = 'Fast' } = body;
  oneOf('InitializeType', type, ['Fast', 'Slow']);
  const started = bmc.startTask(`Initialization of volume ${id}`, type === 'Slow' ? seconds.initialize : 1, () => {
    machine.contents.delete(serial);
    return Promise.resolve(`Volume ${id} was initialized.`);
  });
  return type === 'Slow' ? accepted(bmc, started) : noContent;
}

/** A controller that acts in the self test takes one request at a time. @throws RedfishError */
function begin({ body }: RedfishRequest, controller: RaidController): void {
  const supported = applyTimes[controller.mode];
  oneOf('@Redfish.OperationApplyTime', body['@Redfish.OperationApplyTime'] ?? supported, [supported]);
  if (controller.isWaiting) throw new RedfishError('ResourceInUse');
}

function drivesOf(request: RedfishRequest, { drives }: RaidController): readonly number[] {
  const { Links: links } = request.body;
  const given = isRecord(links) ? links['Drives'] : undefined;
  if (!Array.isArray(given) || given.length === 0) return required('Links/Drives');
  const prefix = `${storagePath(request.machine, request.params['storage'] ?? '')}/Drives/`;
  return given.map((item: unknown) => {
    const path = isRecord(item) ? String(item['@odata.id']) : '';
    const index = drives.findIndex(({ id }) => path === `${prefix}${id}`);
    if (index < 0) throw new RedfishError('PropertyValueNotInList', [path, 'Links/Drives']);
    return index;
  });
}

function required(name: string): never {
  throw new RedfishError('PropertyMissing', [name]);
}
