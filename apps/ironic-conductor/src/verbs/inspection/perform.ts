import type { InspectionPayload } from '@metal3/agent';
import { findMacAddress, isJsonObject, type JsonObject, type Node } from '@metal3/node';
import type { LeasedPorts, NodeStore } from '@metal3/node-store';
import { portsOf } from '../../interfaces/ports-of-node.ts';
import { withDone, withFailure } from '../../work/journal.ts';
import type { Performer } from '../../work/perform.ts';
import { digest, type PortPolicy } from './hooks.ts';
import { ruledBy } from './rules/ruled.ts';

export interface InspectionPorts {
  readonly store: Pick<NodeStore, 'ports' | 'blobs' | 'records'>;
  readonly ports: PortPolicy;
  /** A MAC address that another node has already is told, and does not fail the inspection. */
  readonly onDuplicate: (node: Node, address: string) => void;
  /** What an inspection rule has to say. */
  readonly onRuleLog: (node: Node, level: string, message: string) => void;
  /** Fetches a URL that an inspection rule names; the answer is of no interest. */
  readonly call: (url: string, headers: Readonly<Record<string, string>>, signal: AbortSignal) => Promise<void>;
}

export function inspectionPerformers(given: InspectionPorts): {
  readonly 'digest-inspection': Performer<'digest-inspection'>;
  readonly 'ensure-ports': Performer<'ensure-ports'>;
  readonly 'read-hardware': Performer<'read-hardware'>;
} {
  const { store, ports: policy, onDuplicate, onRuleLog, call } = given;
  /** Without addresses that other nodes have. */
  const withoutDuplicates = async <New extends { readonly address: string }>(
    node: Node,
    create: readonly New[],
  ): Promise<readonly New[]> => {
    const free: New[] = [];
    for (const port of create) {
      const { items } = await store.ports.list({ filter: { address: port.address } });
      if (items.some(({ nodeUuid }) => nodeUuid !== node.uuid)) onDuplicate(node, port.address);
      else free.push(port);
    }
    return free;
  };
  const newPorts = async (node: Node, macs: readonly string[]): Promise<LeasedPorts> => {
    const create = macs
      .map((mac) => findMacAddress(mac))
      .filter((mac) => mac !== undefined)
      .map((address) => ({ address, pxeEnabled: true, extra: {} }));
    return { create: await withoutDuplicates(node, create) };
  };

  return {
    async 'digest-inspection'(_effect, { seen, signal }) {
      const { node, journal } = seen;
      const raw = await store.blobs.get(node.uuid, 'inspection-data');
      const payload = raw === undefined ? undefined : payloadOf(raw.toString('utf8'));
      if (payload === undefined) {
        return {
          journal: withFailure(
            journal,
            'Inspection failed: the inspection data of the agent is not a JSON object with an inventory',
          ),
        };
      }
      const known = await portsOf(store, node);
      const verdict = digest(payload, { properties: node.properties, ports: known }, policy);
      if (verdict.kind === 'problem') return { journal: withFailure(journal, verdict.message) };
      const { result } = verdict;
      const ports = { ...result.ports, create: await withoutDuplicates(node, result.ports.create) };
      const ruled = ruledBy(await store.records.list('inspection-rule'), node, known, { ...result, ports });
      if (ruled.kind === 'problem') return { journal: withFailure(journal, ruled.message) };
      for (const { level, message } of ruled.logs) onRuleLog(node, level, message);
      // Before anything is written, so that a call that fails for passing reasons is made again; it only reads.
      for (const { url, headers } of ruled.calls) await call(url, headers, signal);
      return {
        journal: withDone(journal, 'inventory'),
        change: {
          ...ruled.change,
          blobs: {
            'inspection-data': null,
            inventory: JSON.stringify(result.inventory),
            'plugin-data': JSON.stringify(ruled.pluginData),
          },
        },
      };
    },

    async 'ensure-ports'(_effect, { seen, machine, signal }) {
      const { node, journal } = seen;
      const done = withDone(journal, 'ports');
      if ((await portsOf(store, node)).length > 0) return { journal: done };
      const ports = await newPorts(node, await machine.macAddresses(signal));
      return { journal: done, change: { ports } };
    },

    async 'read-hardware'(_effect, { seen, machine, signal }) {
      const { node, journal } = seen;
      const hardware = await machine.hardware(signal);
      const present = await portsOf(store, node);
      const macs = hardware.macAddresses.map((mac) => findMacAddress(mac)).filter((mac) => mac !== undefined);
      const ports = await newPorts(
        node,
        macs.filter((mac) => !present.some(({ address }) => address === mac)),
      );
      const properties: JsonObject = {
        ...node.properties,
        ...(hardware.memoryMb === null ? {} : { memory_mb: hardware.memoryMb }),
        ...(hardware.cpus === null ? {} : { cpus: hardware.cpus }),
      };
      const inventory: JsonObject = {
        memory: { physical_mb: hardware.memoryMb },
        cpu: { count: hardware.cpus, architecture: node.properties['cpu_arch'] ?? null },
        interfaces: macs.map((mac, index) => ({ name: `NIC.${index + 1}`, mac_address: mac })),
        disks: [],
        system_vendor: {
          manufacturer: hardware.manufacturer,
          product_name: hardware.model,
          serial_number: hardware.serialNumber,
        },
      };
      return {
        journal: withDone(journal, 'inventory'),
        change: { ports, patch: { properties }, blobs: { inventory: JSON.stringify(inventory), 'plugin-data': '{}' } },
      };
    },
  };
}

function payloadOf(text: string): InspectionPayload | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    const inventory: unknown =
      typeof parsed === 'object' && parsed !== null ? Reflect.get(parsed, 'inventory') : undefined;
    const interfaces: unknown =
      typeof inventory === 'object' && inventory !== null ? Reflect.get(inventory, 'interfaces') : undefined;
    if (!Array.isArray(interfaces) || !isJsonObject(parsed)) return undefined;
    // Every field that is read is checked where it is read; the agent's own schema promises no more than this.
    return parsed as unknown as InspectionPayload;
  } catch {
    return undefined;
  }
}
