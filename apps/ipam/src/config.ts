import { grpcServerSettings } from '@metal3/grpc';
import { apiPaceSettings } from '@metal3/kube-controller';
import { diagnosticsSettings, loggingSettings, tlsSettings } from '@metal3/kube-diagnostics';
import { duration, serviceSettings } from '@metal3/service';
import { type Static, Type } from 'typebox';

/** Settings of ipam. Flags that the upstream manager has keep their names. */
export const ipamConfig = Type.Object({
  service: serviceSettings,
  logging: loggingSettings,
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
      description: 'Namespaces whose pools are served, separated by commas; empty for all',
    }),
    watchFilter: Type.String({
      default: '',
      flag: 'watch-filter',
      description: 'Only pools with this value of the label cluster.x-k8s.io/watch-filter are served; empty for all',
    }),
    syncPeriod: duration({
      default: '10m',
      flag: 'sync-period',
      description: 'Time between two looks at all pools and waiting claims, in case a change was missed',
    }),
    ...apiPaceSettings,
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
  tls: tlsSettings,
  diagnostics: diagnosticsSettings,
  webhooks: Type.Object({
    port: Type.Integer({
      default: 0,
      minimum: 0,
      maximum: 65535,
      flag: 'webhook-port',
      description: 'Port of the webhooks (HTTPS); 0 for no webhooks',
    }),
    host: Type.String({ default: '127.0.0.1', flag: 'webhook-host', description: 'Address to serve the webhooks on' }),
    certDir: Type.String({
      default: '',
      env: 'WEBHOOK_CERT_DIR',
      flag: 'webhook-cert-dir',
      description: 'Folder with tls.crt and tls.key; empty for certificates that ipam makes and renews itself',
    }),
    trustCertDir: Type.Boolean({
      default: false,
      description: 'Have the API server trust the ca.crt of that folder; leave it to cert-manager where it injects',
    }),
    names: Type.Array(Type.String(), {
      default: ['127.0.0.1'],
      description: 'DNS names and addresses the API server reaches the webhooks by; in the certificate',
    }),
    secretName: Type.String({
      default: 'ipam-webhook-certificates',
      description: 'Secret through which replicas share certificates of their own',
    }),
    configuration: Type.String({
      default: 'ipam-webhooks',
      description: 'Validating- and MutatingWebhookConfiguration that are told which authority to trust',
    }),
    register: Type.Boolean({
      default: false,
      flag: 'webhook-register',
      description: 'Make them, with the first name and the port as URL: for an ipam outside the cluster',
    }),
  }),
  concurrency: Type.Integer({
    default: 10,
    minimum: 1,
    maximum: 100,
    flag: 'ippool-concurrency',
    description: 'Pools looked at at a time',
  }),
  claimConcurrency: Type.Integer({
    default: 20,
    minimum: 1,
    maximum: 1000,
    flag: 'claim-concurrency',
    description: 'Claims of each kind looked at at a time',
  }),
  grpc: grpcServerSettings,
});
export type IpamConfig = Static<typeof ipamConfig>;
