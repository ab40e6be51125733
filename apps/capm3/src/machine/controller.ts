import { isKubeError, type KubeClient } from '@metal3/kube-client';
import { addFinalizer, patchSession, removeFinalizer, type Cache, type Reconcile } from '@metal3/kube-controller';
import { metal3Machine as metal3MachineKind, type Metal3Machine } from '@metal3/metal3-api';
import { ownerName } from '../cluster-api/kinds.ts';
import { observeMachine } from './observe.ts';
import { machineFinalizer } from './finalizer.ts';
import { performMachine } from './perform.ts';
import type { MachinePorts } from './ports.ts';
import { reportConditions } from './report.ts';

/** A host that somebody else took first is tried again at once, with another choice. */
const raceLostMs = 50;

/** One pass over a Metal3Machine: observe, go as far as possible, write the machine once. */
export function machinePass(client: KubeClient, machines: Cache<Metal3Machine>, ports: MachinePorts): Reconcile {
  return async (key, { signal, log }) => {
    const metal3Machine = machines.find(key);
    if (metal3Machine === undefined) return undefined;
    const deleting = metal3Machine.metadata.deletionTimestamp !== undefined;

    const owned = ownerName(metal3Machine.metadata, 'Machine') !== undefined;
    if (owned && !deleting && !metal3Machine.metadata.finalizers?.includes(machineFinalizer)) {
      // Once it has an owner, since nothing is done for it before; and before a host is claimed, or a deletion in between would leave it claimed for ever.
      const session = patchSession(client, metal3MachineKind, metal3Machine);
      addFinalizer(session.draft, machineFinalizer);
      await session.save({ signal });
      return undefined;
    }
    const session = patchSession(client, metal3MachineKind, metal3Machine);
    const { draft } = session;
    const commit = async (): Promise<void> => void (await session.save({ signal, precondition: true }));
    try {
      const outcome = await performMachine(observeMachine(metal3Machine, ports.world), { draft, commit }, ports);
      if (outcome.gone === true) removeFinalizer(draft, machineFinalizer);
      else reportConditions(draft, outcome.verdicts, ports.clock.now());
      await session.save({ signal });
      return outcome.againMs === undefined ? undefined : { requeueAfterMs: outcome.againMs };
    } catch (error) {
      if (!isKubeError(error, 'Conflict')) throw error;
      log.debug({ conflict: error.message }, 'somebody else was faster; trying again');
      return { requeueAfterMs: raceLostMs };
    }
  };
}
