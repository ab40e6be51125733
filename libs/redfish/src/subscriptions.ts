import { type RedfishClient, pathOf } from './client.ts';
import { RedfishError } from './errors.ts';
import { listAt, textAt } from './json.ts';
import { type CallOptions, members } from './transport.ts';

/** Where a BMC sends its events (DSP0266, eventing); never with the headers it sends, which hold secrets. */
export interface Subscription {
  readonly id: string;
  readonly context: string;
  readonly destination: string;
  readonly eventTypes: readonly string[];
  readonly protocol: string;
}

export interface SubscriptionRequest {
  readonly destination: string;
  readonly context: string;
  readonly eventTypes: readonly string[];
  readonly protocol: string;
  readonly headers: readonly Readonly<Record<string, string>>[];
}

/** The event subscriptions of one BMC. Every method throws RedfishError. */
export interface Subscriptions {
  create(request: SubscriptionRequest, options?: CallOptions): Promise<Subscription>;
  get(id: string, options?: CallOptions): Promise<Subscription>;
  delete(id: string, options?: CallOptions): Promise<void>;
  /** Paths of all there are. */
  list(options?: CallOptions): Promise<readonly string[]>;
}

export function subscriptionsOf(client: RedfishClient): Subscriptions {
  const collection = async (options: CallOptions): Promise<string> => {
    const service = textAt((await client.get('/redfish/v1/', options)).body, 'EventService', '@odata.id');
    const path =
      service === undefined
        ? undefined
        : textAt((await client.get(service, options)).body, 'Subscriptions', '@odata.id');
    if (path !== undefined) return path;
    throw new RedfishError(`${client.origin} sends no events: it has no EventService with subscriptions`, {
      kind: 'unsupported',
      method: 'GET',
      path: service ?? '/redfish/v1/',
      origin: client.origin,
    });
  };
  const read = async (path: string, options: CallOptions) => viewOf((await client.get(path, options)).body);
  const pathTo = async (id: string, options: CallOptions) =>
    `${await collection(options)}/${encodeURIComponent(id)}`.replace('//', '/');

  return {
    async create({ destination, context, eventTypes, protocol, headers }, options = {}) {
      const reply = await client.post(
        await collection(options),
        {
          Destination: destination,
          Context: context,
          EventTypes: eventTypes,
          Protocol: protocol,
          ...(headers.length === 0 ? {} : { HttpHeaders: headers }),
        },
        options,
      );
      // The body is optional in the answer to a creation; the place of what was created is not.
      if (textAt(reply.body, 'Id') !== undefined || reply.location === undefined) return viewOf(reply.body);
      return read(pathOf(reply.location), options);
    },
    get: async (id, options = {}) => read(await pathTo(id, options), options),
    async delete(id, options = {}) {
      await client.delete(await pathTo(id, options), options);
    },
    list: async (options = {}) => members((await client.get(await collection(options), options)).body),
  };
}

const viewOf = (body: unknown): Subscription => ({
  id: textAt(body, 'Id') ?? '',
  context: textAt(body, 'Context') ?? '',
  destination: textAt(body, 'Destination') ?? '',
  eventTypes: listAt(body, 'EventTypes').map(String),
  protocol: textAt(body, 'Protocol') ?? '',
});
