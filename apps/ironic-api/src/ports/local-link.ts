import { findMacAddress, type JsonObject } from '@metal3/node';
import { invalid, notAcceptable } from '../faults.ts';
import { schemaCheck } from '../http/schema.ts';

const word = { type: 'string' };
const vtep = ['vtep-logical-switch', 'vtep-physical-switch'] as const;

const link = (required: readonly string[], networkTypes: readonly string[] = ['managed', 'unmanaged']): object => ({
  type: 'object',
  properties: {
    port_id: word,
    switch_id: word,
    hostname: word,
    switch_info: word,
    network_type: { enum: networkTypes },
    [vtep[0]]: word,
    [vtep[1]]: word,
  },
  required,
  additionalProperties: false,
  dependentRequired: { [vtep[0]]: [vtep[1]], [vtep[1]]: [vtep[0]] },
});

/** The port of a switch, a smart NIC, a port of an OVN gateway, a link that nobody manages, or nothing. */
const check = schemaCheck('local_link_connection', {
  anyOf: [
    link(['port_id', 'switch_id']),
    link(['port_id', 'hostname']),
    link(['network_type'], ['unmanaged']),
    link(['port_id', ...vtep]),
    { type: 'object', maxProperties: 0 },
  ],
});

/**
 * What a port is wired to, as it is kept: MAC addresses in lower case. A switch is named by its MAC address or an OpenFlow datapath id.
 *
 * @throws Fault 400 for anything else, 406 for OVN gateways outside 1.90 to 1.104
 */
export function localLink(given: JsonObject, minor: number): JsonObject {
  if (vtep.some((name) => given[name] !== undefined) && (minor < 90 || minor >= 105)) throw notAcceptable();
  check(given);
  const id = given['switch_id'];
  if (typeof id !== 'string') return given;
  const address = findMacAddress(id);
  if (address !== undefined && id.includes(':')) return { ...given, switch_id: address };
  if (/^[0-9a-f]{16}$/i.test(id)) return given;
  throw invalid(`Expected a MAC address or OpenFlow datapath ID but received ${id}.`);
}
