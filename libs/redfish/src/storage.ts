import { pathOf, type RedfishClient } from './client.ts';
import { readIfThere } from './if-there.ts';
import { at, linksAt, numberAt, textAt, textsAt } from './json.ts';
import { type CallOptions, members, type RedfishReply } from './transport.ts';

/** A storage subsystem with all that hangs on it, as its BMC reports it. Absent fields were not reported. */
export interface StorageView {
  readonly path: string;
  readonly id: string;
  readonly name: string | undefined;
  /** RAID types its controllers make (`RAID0`, `RAID10`, ...); empty for one that makes none, undefined when it does not say. */
  readonly raidTypes: readonly string[] | undefined;
  /** Collection of its volumes; undefined for a subsystem without. */
  readonly volumeCollection: string | undefined;
  /** When the BMC makes and deletes volumes: `Immediate`, `OnReset`, ... Empty when it does not say. */
  readonly applyTimes: readonly string[];
  readonly drives: readonly DriveView[];
  readonly volumes: readonly VolumeView[];
}

export interface DriveView {
  readonly path: string;
  readonly id: string;
  readonly name: string | undefined;
  readonly serialNumber: string | undefined;
  readonly capacityBytes: number | undefined;
  /** `HDD`, `SSD`. */
  readonly mediaType: string | undefined;
  /** `SATA`, `SAS`, `NVMe`. */
  readonly protocol: string | undefined;
}

export interface VolumeView {
  readonly path: string;
  readonly id: string;
  readonly name: string | undefined;
  /** `RAID1`; undefined for a drive that is shown as a volume of its own. */
  readonly raidType: string | undefined;
  readonly capacityBytes: number | undefined;
  /** Paths of the drives it is made of. */
  readonly drives: readonly string[];
  /** World wide name, `0x` and lower case, as operating systems show it. */
  readonly wwn: string | undefined;
}

export interface VolumeRequest {
  /** Path of the collection of volumes. */
  readonly collection: string;
  readonly raidType: string;
  readonly capacityBytes: number;
  /** Paths of the drives. */
  readonly drives: readonly string[];
  readonly name?: string | undefined;
  readonly applyTime?: string | undefined;
}

/** A long operation that a BMC has been asked for, with the request that began it where the BMC keeps that. */
export interface OpenOperation {
  readonly monitor: string;
  readonly method: string | undefined;
  readonly target: string;
  /** Paths of the drives that the request names. */
  readonly drives: readonly string[];
}

/** What older services name beside the RAID type (Volume.VolumeType); newer ones ignore it. */
const volumeTypes: Readonly<Record<string, string>> = {
  RAID0: 'NonRedundant',
  RAID1: 'Mirrored',
  RAID5: 'StripedWithParity',
  RAID6: 'StripedWithParity',
  RAID10: 'SpannedMirrors',
  RAID50: 'SpannedStripesWithParity',
  RAID60: 'SpannedStripesWithParity',
};

/** Reads a system's storage: one request for each subsystem, drive and volume. */
export async function readStorage(
  client: RedfishClient,
  collection: string,
  options: CallOptions,
): Promise<readonly StorageView[]> {
  const found: StorageView[] = [];
  for (const path of members((await client.get(collection, options)).body)) {
    found.push(await readSubsystem(client, path, options));
  }
  return found;
}

async function readSubsystem(client: RedfishClient, path: string, options: CallOptions): Promise<StorageView> {
  const { body } = await client.get(path, options);
  const read = async <View>(paths: readonly string[], view: (path: string, body: unknown) => View): Promise<View[]> => {
    const views: View[] = [];
    for (const each of paths) {
      const found = await readIfThere(client, each, options);
      if (found !== undefined) views.push(view(each, found));
    }
    return views;
  };
  const volumeCollection = textAt(body, 'Volumes', '@odata.id');
  const volumes = volumeCollection === undefined ? undefined : (await client.get(volumeCollection, options)).body;
  return {
    path,
    id: textAt(body, 'Id') ?? lastPart(path),
    name: textAt(body, 'Name'),
    raidTypes: await raidTypesOf(client, body, options),
    volumeCollection,
    applyTimes: textsAt(volumes, '@Redfish.OperationApplyTimeSupport', 'SupportedValues'),
    drives: await read(linksAt(body, 'Drives'), driveOf),
    volumes: await read(volumes === undefined ? [] : members(volumes), volumeOf),
  };
}

/** Controllers stand inside the subsystem, or since Storage 1.13 in a collection of their own. */
async function raidTypesOf(
  client: RedfishClient,
  body: unknown,
  options: CallOptions,
): Promise<readonly string[] | undefined> {
  const inline = at(body, 'StorageControllers');
  const controllers: unknown[] = Array.isArray(inline) ? [...(inline as readonly unknown[])] : [];
  const collection = textAt(body, 'Controllers', '@odata.id');
  if (controllers.length === 0 && collection !== undefined) {
    for (const path of members((await client.get(collection, options)).body)) {
      controllers.push((await client.get(path, options)).body);
    }
  }
  const said = controllers.filter((controller) => Array.isArray(at(controller, 'SupportedRAIDTypes')));
  if (said.length === 0) return undefined;
  return [...new Set(said.flatMap((controller) => textsAt(controller, 'SupportedRAIDTypes')))];
}

function driveOf(path: string, body: unknown): DriveView {
  return {
    path,
    id: textAt(body, 'Id') ?? lastPart(path),
    name: textAt(body, 'Name'),
    serialNumber: textAt(body, 'SerialNumber'),
    capacityBytes: numberAt(body, 'CapacityBytes'),
    mediaType: textAt(body, 'MediaType'),
    protocol: textAt(body, 'Protocol'),
  };
}

function volumeOf(path: string, body: unknown): VolumeView {
  const raidType = textAt(body, 'RAIDType');
  return {
    path,
    id: textAt(body, 'Id') ?? lastPart(path),
    name: textAt(body, 'Name'),
    raidType: raidType === 'None' ? undefined : (raidType ?? raidTypeOfOld(textAt(body, 'VolumeType'))),
    capacityBytes: numberAt(body, 'CapacityBytes') ?? numberAt(body, 'Capacity', 'Data', 'AllocatedBytes'),
    drives: linksAt(body, 'Links', 'Drives'),
    wwn: wwnOf(body),
  };
}

/** Services from before Volume 1.3.1 name the kind of volume alone; for those that stand for one RAID type that is enough. */
function raidTypeOfOld(volumeType: string | undefined): string | undefined {
  const matching = Object.keys(volumeTypes).filter((raidType) => volumeTypes[raidType] === volumeType);
  return matching[0];
}

function wwnOf(body: unknown): string | undefined {
  const identifiers = at(body, 'Identifiers');
  for (const identifier of Array.isArray(identifiers) ? (identifiers as readonly unknown[]) : []) {
    const digits = textAt(identifier, 'DurableName')?.replace(/^(naa\.|0x)/i, '');
    const format = textAt(identifier, 'DurableNameFormat');
    if (digits !== undefined && format === 'NAA' && /^[0-9a-f]{16,32}$/i.test(digits)) {
      return `0x${digits.toLowerCase()}`;
    }
  }
  return undefined;
}

/** Asks for a volume; answers the task monitor to look at, if the BMC gives one. */
export async function createVolume(
  client: RedfishClient,
  request: VolumeRequest,
  options: CallOptions,
): Promise<string | undefined> {
  const { raidType, capacityBytes, drives, name, applyTime } = request;
  const volumeType = volumeTypes[raidType];
  const reply = await client.post(
    request.collection,
    {
      ...(name === undefined ? {} : { Name: name }),
      RAIDType: raidType,
      ...(volumeType === undefined ? {} : { VolumeType: volumeType }),
      CapacityBytes: capacityBytes,
      Links: { Drives: drives.map((path) => ({ '@odata.id': path })) },
      ...applyTimeOf(applyTime),
    },
    options,
  );
  return monitorOf(reply);
}

/** Asks for the end of a volume; one that is gone already is no error. Answers the task monitor to look at, if the BMC gives one. */
export async function deleteVolume(
  client: RedfishClient,
  path: string,
  applyTime: string | undefined,
  options: CallOptions,
): Promise<string | undefined> {
  return monitorOf(await client.delete(path, options, applyTime === undefined ? undefined : applyTimeOf(applyTime)));
}

const applyTimeOf = (applyTime: string | undefined) =>
  applyTime === undefined ? {} : { '@Redfish.OperationApplyTime': applyTime };

/** Only an accepted request that is not over yet has a monitor: a 201 names what was made. */
function monitorOf({ status, location, body }: RedfishReply): string | undefined {
  return status === 202 ? (location ?? textAt(body, 'TaskMonitor') ?? textAt(body, '@odata.id')) : undefined;
}

/** Operations that are not over, as far as the BMC remembers the requests behind them (Task.Payload). */
export async function openOperations(client: RedfishClient, options: CallOptions): Promise<readonly OpenOperation[]> {
  const found: OpenOperation[] = [];
  for (const path of members((await client.get('/redfish/v1/TaskService/Tasks', options)).body)) {
    const { body } = await client.get(path, options);
    const target = textAt(body, 'Payload', 'TargetUri');
    const over = ['Completed', 'Exception', 'Killed', 'Cancelled'].includes(textAt(body, 'TaskState') ?? '');
    if (target === undefined || over) continue;
    found.push({
      monitor: textAt(body, 'TaskMonitor') ?? path,
      method: textAt(body, 'Payload', 'HttpOperation'),
      target: pathOf(target),
      drives: linksAt(parsed(at(body, 'Payload', 'JsonBody')), 'Links', 'Drives'),
    });
  }
  return found;
}

/** `JsonBody` is a text that holds JSON. */
function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return undefined;
  }
}

const lastPart = (path: string): string => path.split('/').at(-1) ?? path;
