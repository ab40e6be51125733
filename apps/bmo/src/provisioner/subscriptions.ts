import type { Json, JsonObject } from '../kernel.ts';
import type { NodeBmc, NodeSubscription } from './bmc.ts';
import type { NodeSnapshot } from './node.ts';

/** Calls a method of a node's vendor interface; its result, if it has one. */
export type VendorPassthru = (
  node: NodeSnapshot,
  http: 'GET' | 'POST' | 'DELETE',
  method: string,
  args?: JsonObject,
) => Promise<Json | undefined>;

/** Event subscriptions by what Ironic's redfish vendor interface offers. */
export function subscriptionsBy(call: VendorPassthru): Pick<NodeBmc, 'createSubscription' | 'deleteSubscription'> {
  return {
    createSubscription: async (node, subscription) =>
      idOf(await call(node, 'POST', 'create_subscription', argumentsFor(subscription))),
    async deleteSubscription(node, id) {
      try {
        await call(node, 'DELETE', 'delete_subscription', { id });
      } catch (error) {
        // Ironic says of a subscription that is gone what it says of a BMC that is away.
        const left = await call(node, 'GET', 'get_all_subscriptions').catch(() => undefined);
        if (left === undefined || names(left, id)) throw error;
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

/** Whether the answer to `get_all_subscriptions` names this one. */
function names(answer: Json | undefined, id: string): boolean {
  const members = isObject(answer) ? answer['Members'] : undefined;
  if (!Array.isArray(members)) return false;
  return (members as readonly Json[]).some(
    (member) => isObject(member) && String(member['@odata.id']).split('/').at(-1) === id,
  );
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
