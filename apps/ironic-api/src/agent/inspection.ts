import { isJsonObject, provisionState, type JsonObject, type Node } from '@metal3/node';
import { schemaCheck } from '../http/schema.ts';
import { isMac } from '../http/query.ts';
import { expectedBmcAddresses } from './lookup.ts';

const check = schemaCheck('data', {
  type: 'object',
  properties: {
    inventory: {
      type: 'object',
      properties: {
        bmc_address: { type: ['string', 'null'] },
        bmc_v6address: { type: ['string', 'null'] },
        interfaces: {
          type: 'array',
          minItems: 1,
          items: {
            type: 'object',
            properties: { mac_address: { type: ['string', 'null'] } },
            additionalProperties: true,
          },
        },
      },
      required: ['interfaces'],
      additionalProperties: true,
    },
  },
  required: ['inventory'],
  additionalProperties: true,
});

/** What of a report says whose it is. The rest is for the conductor. */
export interface InspectionReport {
  readonly addresses: readonly string[];
  readonly bmcAddresses: readonly string[];
}

/** @throws Fault (400) for a report without interfaces */
export function readReport(body: unknown): InspectionReport {
  check(body ?? {});
  const { inventory } = body as JsonObject;
  const found = isJsonObject(inventory) ? inventory : {};
  const interfaces = Array.isArray(found['interfaces']) ? found['interfaces'] : [];
  return {
    addresses: interfaces.flatMap((each) => {
      const address = isJsonObject(each) ? each['mac_address'] : undefined;
      return typeof address === 'string' && isMac(address) ? [address.toLowerCase()] : [];
    }),
    bmcAddresses: [found['bmc_address'], found['bmc_v6address']].filter(
      (address): address is string =>
        typeof address === 'string' && address !== '' && address !== '0.0.0.0' && address !== '::/0',
    ),
  };
}

/** Also while a conductor is still acting: a quick machine may report before the conductor has begun to wait. */
const expectsReport: ReadonlySet<string> = new Set([provisionState.inspectWait, provisionState.inspecting]);

/**
 * The node a report belongs to: the one its addresses name (or the agent's node UUID), in inspection, whose BMC is not another one.
 * Undefined for anything else, without saying why: a report comes from an unauthenticated machine.
 */
export function reportedNode(
  report: InspectionReport,
  candidates: { readonly named: Node | undefined; readonly byAddress: readonly Node[] },
): Node | undefined {
  const { named, byAddress } = candidates;
  if (named !== undefined && byAddress.some((node) => node.uuid !== named.uuid)) return undefined;
  if (named === undefined && byAddress.length !== 1) return undefined;
  const node = named ?? byAddress[0];
  if (node === undefined || !expectsReport.has(node.provisionState)) return undefined;
  const expected = expectedBmcAddresses(node);
  const contradicts =
    expected.length > 0 &&
    report.bmcAddresses.length > 0 &&
    !report.bmcAddresses.some((address) => expected.includes(address));
  return contradicts ? undefined : node;
}
