import { implement, type ServiceImplementation } from '@metal3/grpc';
import { accessGuard, type KubeClient } from '@metal3/kube-client';
import { followCache, type Cache } from '@metal3/kube-controller';
import { MachineService, WatchMachinesResponse_Kind as Kind } from '@metal3/machine-client';
import { metal3Machine, type Metal3Machine } from '@metal3/metal3-api';
import { clusterNameLabel } from '../cluster-api/kinds.ts';
import { machineServiceErrors as errors } from './errors.ts';
import { machineMessage } from './message.ts';

/** Metal3Machines by gRPC, from the cache; who may see them is decided by the API server. */
export function machineService(client: KubeClient, machines: Cache<Metal3Machine>): ServiceImplementation {
  const access = accessGuard(client, metal3Machine, errors.forbidden);
  const selects =
    (namespace: string, cluster: string) =>
    ({ metadata }: Metal3Machine): boolean =>
      (namespace === '' || metadata.namespace === namespace) &&
      (cluster === '' || metadata.labels?.[clusterNameLabel] === cluster);

  return implement(MachineService, {
    async getMachine({ namespace, name }, call) {
      await access.require(call.principal, 'get', { namespace, name }, call.signal);
      const found = machines.find({ namespace, name });
      if (found === undefined) throw errors.notFound(`there is no Metal3Machine ${namespace}/${name}`);
      return { machine: machineMessage(found) };
    },

    async listMachines({ namespace, cluster }, call) {
      await access.require(call.principal, 'list', { namespace }, call.signal);
      return { machines: machines.list({ where: selects(namespace, cluster) }).map(machineMessage) };
    },

    async *watchMachines({ namespace, cluster }, call) {
      await access.require(call.principal, 'watch', { namespace }, call.signal);
      for await (const news of followCache(machines, selects(namespace, cluster), call.signal)) {
        if (news.kind === 'synced') yield { kind: Kind.SYNCED };
        else {
          const token = news.object.metadata.resourceVersion ?? '';
          yield { kind: kinds[news.kind], machine: machineMessage(news.object), token };
        }
      }
    },
  });
}

const kinds = { snapshot: Kind.SNAPSHOT, changed: Kind.CHANGED, deleted: Kind.DELETED } as const;
