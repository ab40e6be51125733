import { type CallOptions, type DriveView, RedfishError, type RedfishSystem, type StorageView } from '@metal3/redfish';
import type { DriveReading, StorageReading, Volumes } from '../interfaces/raid/ports.ts';

/** Drive types by Redfish's names (Drive.MediaType); anything else is no disk to make volumes of. */
const driveTypes: Readonly<Record<string, DriveReading['type']>> = { HDD: 'hdd', SSD: 'ssd' };

/** RAID volumes by the BMC's Storage resources (DMTF DSP0268: Storage, Drive, Volume). */
export function redfishVolumes(system: RedfishSystem, call: (signal: AbortSignal) => CallOptions): Volumes {
  return {
    read: async (signal) => (await system.storage(call(signal))).map(storageOf),
    async create({ collection, raidType, bytes, drives, name, applyTime }, signal) {
      const order = { collection, raidType, capacityBytes: bytes, drives };
      const optional = { name: name ?? undefined, applyTime: applyTime ?? undefined };
      return (await system.createVolume({ ...order, ...optional }, call(signal))) ?? null;
    },
    async delete(volume, applyTime, signal) {
      return (await system.deleteVolume(volume, applyTime ?? undefined, call(signal))) ?? null;
    },
    async open(signal) {
      try {
        const operations = await system.openOperations(call(signal));
        return operations.map(({ monitor, method, target, drives }) => ({
          operation: monitor,
          method: method ?? null,
          target,
          drives,
        }));
      } catch (error) {
        // A BMC without a task service remembers nothing.
        if (RedfishError.is(error) && error.status === 404) return [];
        throw error;
      }
    },
  };
}

function storageOf({
  id,
  name,
  raidTypes,
  volumeCollection,
  applyTimes,
  drives,
  volumes,
}: StorageView): StorageReading {
  return {
    id,
    name: name ?? null,
    raidTypes: raidTypes ?? null,
    volumeCollection: volumeCollection ?? null,
    applyTimes,
    drives: drives.map(driveOf),
    volumes: volumes.map((volume) => ({
      path: volume.path,
      id: volume.id,
      name: volume.name ?? null,
      raidType: volume.raidType ?? null,
      bytes: volume.capacityBytes ?? 0,
      drives: volume.drives,
      wwn: volume.wwn ?? null,
    })),
  };
}

function driveOf({ path, id, name, serialNumber, capacityBytes, mediaType, protocol }: DriveView): DriveReading {
  return {
    path,
    id,
    name: name ?? null,
    serialNumber: serialNumber ?? null,
    bytes: capacityBytes ?? 0,
    type: mediaType === undefined ? null : (driveTypes[mediaType] ?? null),
    protocol: protocol?.toLowerCase() ?? null,
  };
}
