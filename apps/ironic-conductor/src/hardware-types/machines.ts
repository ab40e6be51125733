import type { Node } from '@metal3/node';
import type { NodeStore } from '@metal3/node-store';
import { bmcAddressOf, type Bmcs } from '@metal3/redfish';
import type { MachineOf } from '../work/perform.ts';
import { EffectProblem } from '../work/problems.ts';
import { fakeMachine } from './fake-hardware.ts';
import { redfishMachine } from './redfish.ts';

/** Finds the machine of a node by its hardware type; BMC secrets are opened here and nowhere else. */
export function machines(bmcs: Bmcs, store: Pick<NodeStore, 'reveal'>, timeoutMs: number): MachineOf {
  return (node: Node) => {
    switch (node.driver) {
      case 'fake-hardware':
        return fakeMachine(node);
      case 'redfish':
        return redfishMachine(bmcs.system(bmcAddressOf(store.reveal(node.uuid, node.driverInfo))), timeoutMs);
      default:
        throw new EffectProblem(`Hardware type ${node.driver} of node ${node.uuid} is not enabled on this conductor`);
    }
  };
}
