import type { Cache } from '@metal3/kube-controller';
import type { Metal3Machine } from '@metal3/metal3-api';
import { Gauge, type Registry } from 'prom-client';
import { machineState, machineStates } from './state.ts';

/** How far the machines of each namespace are. Counted when asked, from what this replica knows: every replica tells the same. */
export function machineMetrics(registry: Registry, machines: Pick<Cache<Metal3Machine>, 'list'>): void {
  new Gauge({
    name: 'metal3_capm3_machines',
    help: 'Metal3Machines by how far they are',
    labelNames: ['machine_namespace', 'state'],
    registers: [registry],
    collect() {
      this.reset();
      const all = machines.list();
      // A state that nothing is in is told as well: an alert on it ends.
      for (const { metadata } of all) {
        for (const state of machineStates) this.set({ machine_namespace: metadata.namespace ?? '', state }, 0);
      }
      for (const one of all) this.inc({ machine_namespace: one.metadata.namespace ?? '', state: machineState(one) });
    },
  });
}
