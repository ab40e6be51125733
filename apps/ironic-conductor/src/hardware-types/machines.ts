import type { Node } from '@metal3/node';
import type { NodeStore } from '@metal3/node-store';
import { bmcAddressOf, type Bmcs, type RedfishSystem } from '@metal3/redfish';
import type { MachineOf } from '../work/perform.ts';
import { EffectProblem } from '../work/problems.ts';
import { fakeMachine } from './fake-hardware.ts';
import { redfishMachine } from './redfish.ts';

const machinesKept = 2_000;

/** Finds the machine of a node by its hardware type; BMC secrets are opened here and nowhere else. */
export function machines(bmcs: Bmcs, store: Pick<NodeStore, 'reveal'>, timeoutMs: number): MachineOf {
  // Opening sealed values costs more than everything else about finding a machine; sealed text stays the same until it is changed.
  const known = new Map<string, { readonly sealed: string; readonly system: RedfishSystem }>();
  const systemOf = (node: Node): RedfishSystem => {
    const sealed = JSON.stringify(node.driverInfo);
    const found = known.get(node.uuid);
    if (found?.sealed === sealed) return found.system;
    const system = bmcs.system(bmcAddressOf(store.reveal(node.uuid, node.driverInfo)));
    known.delete(node.uuid);
    known.set(node.uuid, { sealed, system });
    const [oldest] = known.keys();
    if (known.size > machinesKept && oldest !== undefined) known.delete(oldest);
    return system;
  };
  return (node: Node, mayStart?: () => boolean) => {
    switch (node.driver) {
      case 'fake-hardware':
        return fakeMachine(node);
      case 'redfish':
        return redfishMachine(systemOf(node), timeoutMs, mayStart);
      default:
        throw new EffectProblem(`Hardware type ${node.driver} of node ${node.uuid} is not enabled on this conductor`);
    }
  };
}
