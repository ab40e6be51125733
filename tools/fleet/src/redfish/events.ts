import type { Bmc, Subscription } from './bmc.ts';
import { RedfishError } from './error.ts';
import { collection, healthy, isRecord, link, noContent, type Answer, type RedfishRequest } from './request.ts';

const missing = ({ call }: RedfishRequest) => new RedfishError('ResourceMissingAtURI', [call.path]);

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
