import type { Cache } from '@metal3/kube-controller';
import { hostErrorTypes, type BareMetalHost } from '@metal3/metal3-api';
import { Gauge, type Registry } from 'prom-client';

/**
 * How many hosts of each namespace are in each state, and in error. Upstream only counts how often that happened, which does not tell how
 * many are so now. Counted when asked, from what this replica knows: every replica tells the same.
 */
export function hostStates(registry: Registry, hosts: Pick<Cache<BareMetalHost>, 'list'>): void {
  const registers = [registry];
  new Gauge({
    name: 'metal3_bmo_hosts',
    help: 'BareMetalHosts by the state of their provisioning',
    labelNames: ['host_namespace', 'state'],
    registers,
    collect() {
      this.reset();
      for (const { metadata, status } of hosts.list()) {
        const state = status?.provisioning.state ?? '';
        this.inc({ host_namespace: metadata.namespace ?? '', state: state === '' ? 'new' : state });
      }
    },
  });
  new Gauge({
    name: 'metal3_bmo_hosts_in_error',
    help: 'BareMetalHosts that are in error, by the type of the error',
    labelNames: ['host_namespace', 'error_type'],
    registers,
    collect() {
      this.reset();
      const all = hosts.list();
      // What nothing is in is told as well: an alert on it ends.
      for (const { metadata } of all) {
        for (const type of hostErrorTypes) this.set({ host_namespace: metadata.namespace ?? '', error_type: type }, 0);
      }
      for (const { metadata, status } of all) {
        const type = status?.errorType ?? '';
        if (type !== '') this.inc({ host_namespace: metadata.namespace ?? '', error_type: type });
      }
    },
  });
}
