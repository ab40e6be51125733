import { type IpmiInfo, type Node, readIpmiInfo } from '@metal3/node';
import type { NodeStore } from '@metal3/node-store';
import { bmcAddressOf, type Bmcs } from '@metal3/redfish';
import type { MachineOf } from '../work/perform.ts';
import { EffectProblem } from '../work/problems.ts';
import { fakeMachine } from './fake-hardware.ts';
import type { IpmiBmcs } from './ipmi/bmcs.ts';
import { ipmiMachine } from './ipmi/machine.ts';
import { redfishMachine } from './redfish.ts';

const machinesKept = 2_000;

export interface MachinesPorts {
  readonly redfish: Bmcs;
  readonly ipmi: IpmiBmcs;
  readonly store: Pick<NodeStore, 'reveal'>;
  /** Hardware types of this conductor. */
  readonly enabled: readonly string[];
  /** Longest wait for one answer of a BMC. */
  readonly timeoutMs: number;
  /** Whether the limit of a minute on boot devices is lifted over IPMI. */
  readonly liftsBootTimeout: boolean;
}

/** Finds the machine of a node by its hardware type; BMC secrets are opened here and nowhere else. */
export function machines({ redfish, ipmi, store, enabled, timeoutMs, liftsBootTimeout }: MachinesPorts): MachineOf {
  const systemOf = remembering((node) => redfish.system(bmcAddressOf(store.reveal(node.uuid, node.driverInfo))));
  const ipmiOf = remembering((node): IpmiInfo => {
    const read = readIpmiInfo(store.reveal(node.uuid, node.driverInfo));
    if ('problem' in read) throw new EffectProblem(read.problem);
    return read.info;
  });
  return (node: Node, mayStart?: () => boolean) => {
    switch (enabled.includes(node.driver) ? node.driver : undefined) {
      case 'fake-hardware':
        return fakeMachine(node);
      case 'redfish':
      case 'idrac':
        return redfishMachine(systemOf(node), timeoutMs, mayStart);
      case 'ipmi':
        return ipmiMachine(ipmi, node, ipmiOf(node), { timeoutMs, liftsBootTimeout, mayStart });
      default:
        throw new EffectProblem(`Hardware type ${node.driver} of node ${node.uuid} is not enabled on this conductor`);
    }
  };
}

/**
 * Keeps what was worked out of the driver_info of nodes. Opening sealed values costs more than everything else about finding a machine;
 * sealed text stays the same until it is changed.
 */
function remembering<Known>(workOut: (node: Node) => Known): (node: Node) => Known {
  const kept = new Map<string, { readonly sealed: string; readonly known: Known }>();
  return (node) => {
    const sealed = JSON.stringify(node.driverInfo);
    const found = kept.get(node.uuid);
    if (found?.sealed === sealed) return found.known;
    const known = workOut(node);
    kept.delete(node.uuid);
    kept.set(node.uuid, { sealed, known });
    const [oldest] = kept.keys();
    if (kept.size > machinesKept && oldest !== undefined) kept.delete(oldest);
    return known;
  };
}
