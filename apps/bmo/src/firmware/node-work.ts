import type { Cache, Source } from '@metal3/kube-controller';
import type { BareMetalHost } from '@metal3/metal3-api';
import { hostsOfNode } from '../host/sources.ts';
import type { Provisioner } from '../provisioner/ports.ts';
import { firmwareWorkEnded } from './readable.ts';

/** Hosts on whose nodes Ironic has just ended what may have changed their firmware, whoever asked for it. */
export function nodeWork(hosts: Cache<BareMetalHost>, changes: Provisioner['changes']): Source {
  return {
    ready: async () => {},
    start(enqueue, signal) {
      const states = new Map<string, string>();
      void (async () => {
        for await (const change of changes(signal)) {
          if (change.kind === 'deleted') states.delete(change.uuid);
          if (change.kind !== 'changed') continue;
          const before = states.get(change.uuid);
          states.set(change.uuid, change.provisionState);
          if (firmwareWorkEnded(before, change.provisionState)) hostsOfNode(hosts, change).forEach(enqueue);
        }
      })();
    },
  };
}
