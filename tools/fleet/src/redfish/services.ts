import type { Machine } from '../machine/machine.ts';
import { hardware } from '../machine/hardware.ts';
import { attributeRegistry, biosRegistry } from './bios.ts';
import type { Bmc, Subscription, Task } from './bmc.ts';
import { RedfishError } from './error.ts';
import {
  collection,
  healthy,
  isRecord,
  link,
  noContent,
  parameterText,
  type Answer,
  type RedfishRequest,
} from './request.ts';

const missing = ({ call }: RedfishRequest) => new RedfishError('ResourceMissingAtURI', [call.path]);

// ---- tasks ----

export function taskService(): Record<string, unknown> {
  return {
    '@odata.id': '/redfish/v1/TaskService',
    '@odata.type': '#TaskService.v1_2_1.TaskService',
    Id: 'TaskService',
    Name: 'Tasks',
    ServiceEnabled: true,
    CompletedTaskOverWritePolicy: 'Oldest',
    Status: healthy,
    Tasks: link('/redfish/v1/TaskService/Tasks'),
  };
}

export function tasks({ bmc }: RedfishRequest): Record<string, unknown> {
  const members = (bmc.tasks ?? []).map(({ id }) => taskPath(bmc, id));
  return collection('/redfish/v1/TaskService/Tasks', 'TaskCollection', 'Tasks', members);
}

/** Task ids carry the machine's, since one service holds the tasks of all BMCs. */
const taskPath = ({ machine }: Bmc, id: string) => `/redfish/v1/TaskService/Tasks/${machine.identity.uuid}.${id}`;

export function task(request: RedfishRequest): Record<string, unknown> {
  return taskBody(request.bmc, findTask(request));
}

/** The task monitor: 202 while it runs, then the outcome (DSP0266 section 12.2). */
export function taskMonitor(request: RedfishRequest): Answer {
  const found = findTask(request);
  const body = taskBody(request.bmc, found);
  if (found.state === 'Running')
    return { status: 202, body, headers: { location: request.call.path, 'retry-after': '1' } };
  if (found.state === 'Exception') throw new RedfishError('GeneralError', [found.message]);
  return { status: 200, body };
}

function findTask(request: RedfishRequest): Task {
  const id = request.params['task']?.split('.')[1];
  const found = request.bmc.tasks?.find((candidate) => candidate.id === id);
  if (found === undefined) throw missing(request);
  return found;
}

function taskBody(bmc: Bmc, found: Task): Record<string, unknown> {
  const ok = found.state !== 'Exception';
  return {
    '@odata.id': taskPath(bmc, found.id),
    '@odata.type': '#Task.v1_7_4.Task',
    Id: `${bmc.machine.identity.uuid}.${found.id}`,
    Name: found.name,
    TaskState: found.state,
    TaskStatus: ok ? 'OK' : 'Critical',
    PercentComplete: found.percent,
    StartTime: found.startedAt,
    ...(found.endedAt === undefined ? {} : { EndTime: found.endedAt }),
    Messages: [{ MessageId: 'Base.1.18.GeneralError', Message: found.message, Severity: ok ? 'OK' : 'Critical' }],
    TaskMonitor: `/redfish/v1/TaskService/TaskMonitors/${bmc.machine.identity.uuid}.${found.id}`,
  };
}

// ---- firmware ----

export function updateService(): Record<string, unknown> {
  return {
    '@odata.id': '/redfish/v1/UpdateService',
    '@odata.type': '#UpdateService.v1_14_0.UpdateService',
    Id: 'UpdateService',
    Name: 'Firmware update',
    ServiceEnabled: true,
    Status: healthy,
    FirmwareInventory: link('/redfish/v1/UpdateService/FirmwareInventory'),
    Actions: {
      '#UpdateService.SimpleUpdate': {
        target: '/redfish/v1/UpdateService/Actions/UpdateService.SimpleUpdate',
        'TransferProtocol@Redfish.AllowableValues': ['HTTP', 'HTTPS'],
      },
    },
  };
}

type Component = 'BIOS' | 'BMC';
const components: readonly Component[] = ['BIOS', 'BMC'];
const updateSeconds: Readonly<Record<Component, number>> = { BIOS: 120, BMC: 60 };
const inventoryPath = '/redfish/v1/UpdateService/FirmwareInventory';

export function firmwareInventory(): Record<string, unknown> {
  const members = components.map((component) => `${inventoryPath}/${component}`);
  return collection(inventoryPath, 'SoftwareInventoryCollection', 'Firmware', members);
}

export function firmware(request: RedfishRequest): Record<string, unknown> {
  const { machine, params } = request;
  const component = components.find((known) => known === params['member']);
  if (component === undefined) throw missing(request);
  const { uuid } = machine.identity;
  return {
    '@odata.id': `${inventoryPath}/${component}`,
    '@odata.type': '#SoftwareInventory.v1_10_2.SoftwareInventory',
    Id: component,
    Name: component === 'BIOS' ? 'System BIOS' : hardware.bmcModel,
    Version: component === 'BIOS' ? machine.biosVersion : machine.bmcVersion,
    Updateable: true,
    RelatedItem: [link(component === 'BIOS' ? `/redfish/v1/Systems/${uuid}/Bios` : `/redfish/v1/Managers/${uuid}`)],
    Status: healthy,
  };
}

/** Fetches the image and, some time later, runs the version named in it (or one higher). */
export function simpleUpdate(request: RedfishRequest): Answer {
  const { body, bmc, machine } = request;
  const url = parameterText('UpdateService.SimpleUpdate', 'ImageURI', body['ImageURI']);
  const { Targets: targets } = body;
  const text = JSON.stringify(targets ?? []).toLowerCase();
  const component: Component = text.includes('bmc') || text.includes('/managers/') ? 'BMC' : 'BIOS';
  const started = bmc.startTask(`Update of ${component}`, updateSeconds[component], async () => {
    const { status, body: image } = await machine.world.http.fetch(url, { trust: { insecure: true } });
    if (status !== 200) throw new Error(`${url} answered ${status}`);
    const version =
      /version[=:]\s*([\w.-]+)/i.exec(image.toString('latin1', 0, 4096))?.[1] ?? nextVersion(machine, component);
    if (component === 'BIOS') machine.biosVersion = version;
    else machine.bmcVersion = version;
    machine.record('firmware-updated', { component, version, url });
    return `${component} runs version ${version} now.`;
  });
  const monitor = `/redfish/v1/TaskService/TaskMonitors/${machine.identity.uuid}.${started.id}`;
  return { status: 202, body: taskBody(bmc, started), headers: { location: monitor, 'retry-after': '1' } };
}

function nextVersion(machine: Machine, component: Component): string {
  const parts = (component === 'BIOS' ? machine.biosVersion : machine.bmcVersion).split('.');
  return [...parts.slice(0, -1), Number(parts.at(-1)) + 1].join('.');
}

// ---- events ----

export const eventTypes = ['StatusChange', 'ResourceUpdated', 'ResourceAdded', 'ResourceRemoved', 'Alert'] as const;
const subscriptionsPath = '/redfish/v1/EventService/Subscriptions';

export function eventService(): Record<string, unknown> {
  return {
    '@odata.id': '/redfish/v1/EventService',
    '@odata.type': '#EventService.v1_10_2.EventService',
    Id: 'EventService',
    Name: 'Events',
    ServiceEnabled: true,
    DeliveryRetryAttempts: 3,
    DeliveryRetryIntervalSeconds: 30,
    EventTypesForSubscription: eventTypes,
    Status: healthy,
    Subscriptions: link(subscriptionsPath),
    Actions: {
      '#EventService.SubmitTestEvent': { target: '/redfish/v1/EventService/Actions/EventService.SubmitTestEvent' },
    },
  };
}

export function subscriptions({ bmc }: RedfishRequest): Record<string, unknown> {
  const members = [...(bmc.subscriptions?.keys() ?? [])].map((id) => `${subscriptionsPath}/${id}`);
  return collection(subscriptionsPath, 'EventDestinationCollection', 'Event subscriptions', members);
}

export function subscription(request: RedfishRequest): Record<string, unknown> {
  const found = request.bmc.subscriptions?.get(request.params['member'] ?? '');
  if (found === undefined) throw missing(request);
  return {
    '@odata.id': `${subscriptionsPath}/${found.id}`,
    '@odata.type': '#EventDestination.v1_14_1.EventDestination',
    Id: found.id,
    Name: `Subscription ${found.id}`,
    Destination: found.destination,
    Context: found.context,
    Protocol: found.protocol,
    EventTypes: found.eventTypes,
    SubscriptionType: 'RedfishEvent',
    HttpHeaders: null, // never shown: they carry secrets
    Status: healthy,
  };
}

export function subscribe(request: RedfishRequest): Answer {
  const { body, bmc } = request;
  const {
    Destination: destination,
    Context: context,
    Protocol: protocol,
    EventTypes: types,
    HttpHeaders: headers,
  } = body;
  if (destination === undefined) throw new RedfishError('PropertyMissing', ['Destination']);
  if (typeof destination !== 'string' || !/^https?:\/\//.test(destination)) {
    throw new RedfishError('PropertyValueTypeError', [JSON.stringify(destination), 'Destination']);
  }
  const id = `${bmc.machine.identity.uuid}.${bmc.nextId()}`;
  const made: Subscription = {
    id,
    destination,
    context: typeof context === 'string' ? context : '',
    protocol: typeof protocol === 'string' ? protocol : 'Redfish',
    eventTypes: Array.isArray(types) ? types.map(String) : ['Alert'],
    headers: headersOf(headers),
  };
  bmc.subscriptions ??= new Map();
  bmc.subscriptions.set(id, made);
  watch(bmc);
  const shown = subscription({ ...request, params: { member: id } });
  return { status: 201, body: shown, headers: { location: `${subscriptionsPath}/${id}` } };
}

export function unsubscribe(request: RedfishRequest): Answer {
  const { bmc, params } = request;
  if (bmc.subscriptions?.delete(params['member'] ?? '') !== true) throw missing(request);
  if (bmc.subscriptions.size === 0) bmc.machine.onChange = undefined;
  return noContent;
}

export function submitTestEvent({ bmc }: RedfishRequest): Answer {
  deliver(bmc, 'Alert', 'This is a test event.');
  return noContent;
}

function watch(bmc: Bmc): void {
  bmc.machine.onChange = (change) => {
    const text =
      change === 'power' ? `The power state is now ${bmc.machine.power}.` : `The ${change} of the system has changed.`;
    deliver(bmc, change === 'power' ? 'StatusChange' : 'ResourceUpdated', text);
  };
}

/** Sends an event to all who asked for its type; a listener that does not answer is the listener's problem. */
function deliver(bmc: Bmc, type: (typeof eventTypes)[number], text: string): void {
  const { machine, world } = bmc;
  for (const to of bmc.subscriptions?.values() ?? []) {
    if (!to.eventTypes.includes(type)) continue;
    const body = JSON.stringify({
      '@odata.type': '#Event.v1_9_0.Event',
      Id: bmc.nextId(),
      Name: 'Event',
      Context: to.context,
      Events: [
        {
          EventType: type,
          EventId: bmc.nextId(),
          EventTimestamp: new Date(world.time.now()).toISOString(),
          Message: text,
          MessageId: 'ResourceEvent.1.3.ResourceChanged',
          Severity: 'OK',
          OriginOfCondition: link(`/redfish/v1/Systems/${machine.identity.uuid}`),
        },
      ],
    });
    const headers = { 'content-type': 'application/json', ...to.headers };
    world.http
      .fetch(to.destination, { method: 'POST', headers, body, trust: { insecure: true } })
      .catch(() => undefined);
  }
}

function headersOf(value: unknown): Record<string, string> {
  const list = Array.isArray(value) ? (value as unknown[]) : [value];
  return Object.assign(
    {},
    ...list.filter(isRecord).map((item) => Object.fromEntries(Object.entries(item).map(([k, v]) => [k, String(v)]))),
  );
}

// ---- registries ----

export function registries(): Record<string, unknown> {
  const path = '/redfish/v1/Registries';
  return collection(path, 'MessageRegistryFileCollection', 'Registries', [`${path}/${biosRegistry}`]);
}

export function registry(request: RedfishRequest): Record<string, unknown> {
  if (request.params['member'] !== biosRegistry) throw missing(request);
  const self = `/redfish/v1/Registries/${biosRegistry}`;
  return {
    '@odata.id': self,
    '@odata.type': '#MessageRegistryFile.v1_1_3.MessageRegistryFile',
    Id: biosRegistry,
    Name: 'BIOS attribute registry file',
    Languages: ['en'],
    Registry: biosRegistry,
    Location: [{ Language: 'en', Uri: `${self}/file` }],
  };
}

export function registryFile(request: RedfishRequest): Record<string, unknown> {
  if (request.params['member'] !== biosRegistry) throw missing(request);
  return attributeRegistry();
}
