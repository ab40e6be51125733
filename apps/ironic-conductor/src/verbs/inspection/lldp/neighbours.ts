import type { InspectionPayload } from '@metal3/agent';
import { isJsonObject, type Json, type JsonObject, type MacAddress } from '@metal3/node';
import { parseLldp, switchAddress } from './parse.ts';

/** Frames of more interfaces than a machine can have are not looked at. */
const mostInterfaces = 64;

/** What the switches at the other ends of a machine's cables said. */
export interface Neighbours {
  /** By the name of the interface, as in `plugin_data.parsed_lldp`. */
  readonly parsed: JsonObject;
  /** By the address of the interface, as in `local_link_connection` of ports. */
  readonly links: ReadonlyMap<MacAddress, JsonObject>;
}

/** Reads the LLDP frames that an agent caught, as Ironic's hooks parse-lldp and local-link-connection do. */
export function neighboursOf(
  payload: InspectionPayload,
  interfaces: readonly { readonly name: string; readonly mac: MacAddress; readonly lldp?: unknown }[],
): Neighbours {
  const collected = payload['lldp_raw'];
  const raw = isJsonObject(collected) ? collected : {};
  const parsed: Record<string, Json> = {};
  const links = new Map<MacAddress, JsonObject>();
  for (const { name, mac, lldp } of interfaces.slice(0, mostInterfaces)) {
    const tlvs = raw[name] ?? (lldp as Json | undefined);
    const said = parseLldp(tlvs);
    if (Object.keys(said).length === 0) continue;
    parsed[name] = said;
    const link = linkTo(switchAddress(tlvs), said);
    if (link !== undefined) links.set(mac, link);
  }
  return { parsed, links };
}

/** A link needs a port and a switch to be one. */
function linkTo(address: string | undefined, said: JsonObject): JsonObject | undefined {
  const { switch_port_id: port, switch_system_name: name } = said;
  if (address === undefined || typeof port !== 'string') return undefined;
  return { switch_id: address, port_id: port, ...(typeof name === 'string' ? { switch_info: name } : {}) };
}
