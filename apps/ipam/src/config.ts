import { grpcServerSettings } from '@metal3/grpc';
import { serviceSettings } from '@metal3/service';
import { type Static, Type } from 'typebox';

/** Settings of ipam. Flags that the upstream manager has keep their names. */
export const ipamConfig = Type.Object({
  service: serviceSettings,
  kubernetes: Type.Object({
    kubeconfig: Type.String({
      default: '',
      env: 'KUBECONFIG_FILE',
      flag: 'kubeconfig',
      description: 'Kubeconfig file; empty for the service account of the pod',
    }),
    namespace: Type.String({
      default: '',
      env: 'WATCH_NAMESPACE',
      flag: 'namespace',
      description: 'Only pools in this namespace are served; empty for all',
    }),
  }),
  leaderElection: Type.Object({
    enabled: Type.Boolean({
      default: false,
      flag: 'leader-elect',
      description: 'Elect one replica to run the controllers; webhooks and gRPC are served by all',
    }),
    namespace: Type.String({
      default: '',
      env: ['LEADER_ELECTION_NAMESPACE', 'POD_NAMESPACE'],
      description: 'Namespace of the Lease; empty for the watched one, else "default"',
    }),
  }),
  concurrency: Type.Integer({
    default: 10,
    minimum: 1,
    maximum: 100,
    flag: 'ippool-concurrency',
    description: 'Pools looked at at a time',
  }),
  grpc: grpcServerSettings,
});
export type IpamConfig = Static<typeof ipamConfig>;
