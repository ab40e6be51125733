import type { Json, JsonObject } from '../kernel.ts';
import type { KnownSubscription, NodeBmc, NodeSubscription } from './bmc.ts';
import type { NodeSnapshot } from './node.ts';

/** Calls a method of a node's vendor interface; its result, if it has one. */
export type VendorPassthru = (
  node: NodeSnapshot,
  http: 'GET' | 'POST' | 'DELETE',
  method: string,
  args?: JsonObject,
) => Promise<Json | undefined>;

/** Event subscriptions by what Ironic's redfish vendor interface offers. */
export function subscriptionsBy(
  call: VendorPassthru,
): Pick<NodeBmc, 'listSubscriptions' | 'createSubscription' | 'deleteSubscription'> {
  const ids = async (node: NodeSnapshot) => idsIn(await call(node, 'GET', 'get_all_subscriptions'));
  return {
    async listSubscriptions(node) {
      const found: KnownSubscription[] = [];
      // One after the other: BMCs have few, and little to answer with.
      for (const id of await ids(node)) found.push(knownOf(id, await call(node, 'GET', 'get_subscription', { id })));
      return found;
    },
    createSubscription: async (node, subscription) =>
      idOf(await call(node, 'POST', 'create_subscription', argumentsFor(subscription))),
    async deleteSubscription(node, id) {
      try {
        await call(node, 'DELETE', 'delete_subscription', { id });
      } catch (error) {
        // Ironic says of a subscription that is gone what it says of a BMC that is away.
        const left = await ids(node).catch(() => undefined);
        if (left === undefined || left.includes(id)) throw error;
      }
    },
  };
}

/** Arguments of Ironic's `create_subscription`. Headers go as a list, one to an object. */
function argumentsFor({ destination, context, headers }: NodeSubscription): JsonObject {
  const list = Object.entries(headers)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => ({ [name]: value }));
  return {
    Destination: destination,
    ...(context === '' ? {} : { Context: context }),
    ...(list.length === 0 ? {} : { HttpHeaders: list }),
  };
}

/** The id of a subscription in the answer to `create_subscription`; empty if there is none. */
function idOf(answer: Json | undefined): string {
  const id = isObject(answer) ? answer['Id'] : undefined;
  return typeof id === 'string' || typeof id === 'number' ? String(id) : '';
}

/** The ids in the answer to `get_all_subscriptions`, which has their paths. */
function idsIn(answer: Json | undefined): readonly string[] {
  const members = isObject(answer) ? answer['Members'] : undefined;
  if (!Array.isArray(members)) return [];
  return (members as readonly Json[]).flatMap((member) => {
    const id = isObject(member) ? String(member['@odata.id']).split('/').at(-1) : undefined;
    return id === undefined || id === '' ? [] : [id];
  });
}

function knownOf(id: string, answer: Json | undefined): KnownSubscription {
  const { Destination: destination, Context: context } = isObject(answer) ? answer : {};
  const text = (value: Json | undefined) => (typeof value === 'string' ? value : '');
  return { id, destination: text(destination), context: text(context) };
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
