import type { InspectionPayload } from '@metal3/agent';
import { findMacAddress, isJsonObject, type JsonObject, type Node } from '@metal3/node';
import { isStoreError, type NodeStore } from '@metal3/node-store';
import { portsOf } from '../../interfaces/ports-of-node.ts';
import { withDone, withFailure } from '../../work/journal.ts';
import type { Performer } from '../../work/perform.ts';
import { digest, type PortChanges, type PortPolicy } from './hooks.ts';

export interface InspectionPorts {
  readonly store: Pick<NodeStore, 'ports' | 'blobs'>;
  readonly ports: PortPolicy;
  /** A MAC address that another node has already is told, and does not fail the inspection. */
  readonly onDuplicate: (node: Node, address: string) => void;
}

export function inspectionPerformers({ store, ports: policy, onDuplicate }: InspectionPorts): {
  readonly 'digest-inspection': Performer<'digest-inspection'>;
  readonly 'ensure-ports': Performer<'ensure-ports'>;
  readonly 'read-hardware': Performer<'read-hardware'>;
} {
  const apply = async (node: Node, { create, remove, update }: PortChanges): Promise<void> => {
    const whileLeased = 'allow';
    for (const port of remove) await store.ports.delete(port.uuid, { whileLeased });
    for (const { port, pxeEnabled } of update) {
      await store.ports.change(port.uuid, () => ({ pxeEnabled }), { whileLeased });
    }
    for (const port of create) {
      try {
        await store.ports.create({ ...port, nodeUuid: node.uuid });
      } catch (error) {
        if (!isStoreError(error, 'PORT-DUPLICATE')) throw error;
        onDuplicate(node, port.address);
      }
    }
  };

  return {
    async 'digest-inspection'(_effect, { seen }) {
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
      const known = { properties: node.properties, ports: await portsOf(store, node) };
      const verdict = digest(payload, known, policy);
      if (verdict.kind === 'problem') return { journal: withFailure(journal, verdict.message) };
      const { result } = verdict;
      await apply(node, result.ports);
      return {
        journal: withDone(journal, 'inventory'),
        change: {
          patch: { properties: result.properties },
          blobs: {
            'inspection-data': null,
            inventory: JSON.stringify(result.inventory),
            'plugin-data': JSON.stringify(result.pluginData),
          },
        },
      };
    },

    async 'ensure-ports'(_effect, { seen, machine, signal }) {
      const { node, journal } = seen;
      const done = withDone(journal, 'ports');
      if ((await portsOf(store, node)).length > 0) return { journal: done };
      const macs = await machine.macAddresses(signal);
      const create = macs
        .map((mac) => findMacAddress(mac))
        .filter((mac) => mac !== undefined)
        .map((address) => ({ address, pxeEnabled: true, extra: {} }));
      await apply(node, { create, remove: [], update: [] });
      return { journal: done };
    },

    async 'read-hardware'(_effect, { seen, machine, signal }) {
      const { node, journal } = seen;
      const hardware = await machine.hardware(signal);
      const present = await portsOf(store, node);
      const macs = hardware.macAddresses.map((mac) => findMacAddress(mac)).filter((mac) => mac !== undefined);
      await apply(node, {
        create: macs
          .filter((mac) => !present.some(({ address }) => address === mac))
          .map((address) => ({ address, pxeEnabled: true, extra: {} })),
        remove: [],
        update: [],
      });
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
        change: { patch: { properties }, blobs: { inventory: JSON.stringify(inventory), 'plugin-data': '{}' } },
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
