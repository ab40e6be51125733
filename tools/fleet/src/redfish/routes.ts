import { bios, biosSettings, patchBiosSettings, patchSecureBoot, resetBios, resetKeys, secureBoot } from './bios.ts';
import {
  chassis,
  manager,
  managerInterface,
  managerInterfaces,
  networkProtocol,
  patchChassis,
  power,
  resetManager,
  thermal,
} from './enclosure.ts';
import { eventService, submitTestEvent, subscribe, subscription, subscriptions, unsubscribe } from './events.ts';
import {
  ethernetInterface,
  ethernetInterfaces,
  memory,
  memoryModule,
  processor,
  processors,
  simpleStorage,
  simpleStorageCollection,
} from './inventory.ts';
import type { Answer, RedfishRequest } from './request.ts';
import { registries, registry, registryFile } from './registries.ts';
import { drive, patchDrive, storage, storageCollection } from './storage.ts';
import { task, taskMonitor, tasks, taskService } from './tasks.ts';
import { firmware, firmwareInventory, simpleUpdate, updateService } from './updates.ts';
import { networkAdapter, networkAdapters } from './network-adapters.ts';
import { patchSystem, resetSystem, system } from './system.ts';
import { createVolume, deleteVolume, initializeVolume, volume, volumes } from './volumes.ts';
import { ejectMedia, insertMedia, patchVirtualMedia, virtualMedia, virtualMediaCollection } from './virtual-media.ts';

type Representation = (request: RedfishRequest) => Record<string, unknown>;
type Performer = (request: RedfishRequest) => Answer | Promise<Answer>;

/** What can be done with the resources whose path matches `pattern`; `:name` parts become parameters. */
export interface Route {
  readonly pattern: string;
  readonly get?: Representation;
  /** Answers GET where the status depends on the state of the resource. */
  readonly read?: Performer;
  readonly patch?: Performer;
  readonly post?: Performer;
  readonly delete?: Performer;
}

const media = (owner: string): readonly Route[] => [
  { pattern: `${owner}/:machine/VirtualMedia`, get: virtualMediaCollection },
  { pattern: `${owner}/:machine/VirtualMedia/:slot`, get: virtualMedia, patch: patchVirtualMedia },
  { pattern: `${owner}/:machine/VirtualMedia/:slot/Actions/VirtualMedia.InsertMedia`, post: insertMedia },
  { pattern: `${owner}/:machine/VirtualMedia/:slot/Actions/VirtualMedia.EjectMedia`, post: ejectMedia },
];

/** Every resource of a BMC below /redfish/v1, except the root, the collections of machines and the sessions. */
export const routes: readonly Route[] = [
  { pattern: 'Systems/:machine', get: system, patch: patchSystem },
  { pattern: 'Systems/:machine/Actions/ComputerSystem.Reset', post: resetSystem },
  { pattern: 'Systems/:machine/Bios', get: bios },
  { pattern: 'Systems/:machine/Bios/Settings', get: biosSettings, patch: patchBiosSettings },
  { pattern: 'Systems/:machine/Bios/Actions/Bios.ResetBios', post: resetBios },
  { pattern: 'Systems/:machine/SecureBoot', get: secureBoot, patch: patchSecureBoot },
  { pattern: 'Systems/:machine/SecureBoot/Actions/SecureBoot.ResetKeys', post: resetKeys },
  { pattern: 'Systems/:machine/EthernetInterfaces', get: ethernetInterfaces },
  { pattern: 'Systems/:machine/EthernetInterfaces/:member', get: ethernetInterface },
  { pattern: 'Systems/:machine/Processors', get: processors },
  { pattern: 'Systems/:machine/Processors/:member', get: processor },
  { pattern: 'Systems/:machine/Memory', get: memory },
  { pattern: 'Systems/:machine/Memory/:member', get: memoryModule },
  { pattern: 'Systems/:machine/Storage', get: storageCollection },
  { pattern: 'Systems/:machine/Storage/:storage', get: storage },
  { pattern: 'Systems/:machine/Storage/:storage/Drives/:drive', get: drive, patch: patchDrive },
  { pattern: 'Systems/:machine/Storage/:storage/Volumes', get: volumes, post: createVolume },
  { pattern: 'Systems/:machine/Storage/:storage/Volumes/:volume', get: volume, delete: deleteVolume },
  {
    pattern: 'Systems/:machine/Storage/:storage/Volumes/:volume/Actions/Volume.Initialize',
    post: initializeVolume,
  },
  { pattern: 'Systems/:machine/SimpleStorage', get: simpleStorageCollection },
  { pattern: 'Systems/:machine/SimpleStorage/:member', get: simpleStorage },
  ...media('Systems'),
  { pattern: 'Managers/:machine', get: manager },
  { pattern: 'Managers/:machine/Actions/Manager.Reset', post: resetManager },
  { pattern: 'Managers/:machine/EthernetInterfaces', get: managerInterfaces },
  { pattern: 'Managers/:machine/EthernetInterfaces/:member', get: managerInterface },
  { pattern: 'Managers/:machine/NetworkProtocol', get: networkProtocol },
  ...media('Managers'),
  { pattern: 'Chassis/:machine', get: chassis, patch: patchChassis },
  { pattern: 'Chassis/:machine/Power', get: power },
  { pattern: 'Chassis/:machine/Thermal', get: thermal },
  { pattern: 'Chassis/:machine/NetworkAdapters', get: networkAdapters },
  { pattern: 'Chassis/:machine/NetworkAdapters/:member', get: networkAdapter },
  { pattern: 'TaskService', get: taskService },
  { pattern: 'TaskService/Tasks', get: tasks },
  { pattern: 'TaskService/Tasks/:task', read: task },
  { pattern: 'TaskService/TaskMonitors/:task', read: taskMonitor },
  { pattern: 'UpdateService', get: updateService },
  { pattern: 'UpdateService/FirmwareInventory', get: firmwareInventory },
  { pattern: 'UpdateService/FirmwareInventory/:member', get: firmware },
  { pattern: 'UpdateService/Actions/UpdateService.SimpleUpdate', post: simpleUpdate },
  { pattern: 'EventService', get: eventService },
  { pattern: 'EventService/Subscriptions', get: subscriptions, post: subscribe },
  { pattern: 'EventService/Subscriptions/:member', get: subscription, delete: unsubscribe },
  { pattern: 'EventService/Actions/EventService.SubmitTestEvent', post: submitTestEvent },
  { pattern: 'Registries', get: registries },
  { pattern: 'Registries/:member', get: registry },
  { pattern: 'Registries/:member/file', get: registryFile },
];

interface Compiled {
  readonly parts: readonly string[];
  readonly route: Route;
}

const byLength = new Map<number, Compiled[]>();
for (const route of routes) {
  const parts = route.pattern.split('/');
  byLength.set(parts.length, [...(byLength.get(parts.length) ?? []), { parts, route }]);
}

export interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** Finds the route of a path given as its parts below /redfish/v1. */
export function findRoute(parts: readonly string[]): Match | undefined {
  for (const { parts: wanted, route } of byLength.get(parts.length) ?? []) {
    if (!wanted.every((part, index) => part.startsWith(':') || part === parts[index])) continue;
    const params: Record<string, string> = {};
    wanted.forEach((part, index) => {
      if (part.startsWith(':')) params[part.slice(1)] = parts[index] ?? '';
    });
    return { route, params };
  }
  return undefined;
}
