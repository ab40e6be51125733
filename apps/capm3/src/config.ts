import { grpcServerSettings } from '@metal3/grpc';
import { serviceSettings } from '@metal3/service';
import { Type, type Static } from 'typebox';

/** Settings of capm3. Flags that the upstream manager has keep their names. */
export const capm3Config = Type.Object({
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
      description: 'Namespaces that are reconciled, separated by commas; empty for all',
    }),
  }),
  leaderElection: Type.Object({
    enabled: Type.Boolean({
      default: false,
      flag: 'leader-elect',
      description: 'Elect one replica to run the controllers',
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
    flag: 'metal3machine-concurrency',
    description: 'Metal3Machines looked at at a time',
  }),
  fastTrack: Type.Boolean({
    default: false,
    env: 'CAPM3_FAST_TRACK',
    description: 'Leave released hosts powered on, so that the next machine starts faster',
  }),
  preallocation: Type.Boolean({
    default: false,
    env: 'ENABLE_BMH_NAME_BASED_PREALLOCATION',
    flag: 'enable-bmh-name-based-preallocation',
    description: 'Name address claims after the host, so that addresses can be set aside for hosts beforehand',
  }),
  webhooks: Type.Object({
    port: Type.Integer({
      default: 0,
      minimum: 0,
      maximum: 65535,
      flag: 'webhook-port',
      description: 'Port of the webhooks (HTTPS): conversion, defaults and checks; 0 for none',
    }),
    host: Type.String({ default: '127.0.0.1', flag: 'webhook-host', description: 'Address to serve the webhooks on' }),
    certDir: Type.String({
      default: '',
      env: 'WEBHOOK_CERT_DIR',
      flag: 'webhook-cert-dir',
      description: 'Folder with tls.crt and tls.key; empty for certificates that capm3 makes and renews itself',
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
      default: 'capm3-webhook-certificates',
      description: 'Secret through which replicas share certificates of their own',
    }),
    configuration: Type.String({
      default: 'capm3-webhooks',
      description: 'Validating- and MutatingWebhookConfiguration that are told which authority to trust',
    }),
    register: Type.Boolean({
      default: false,
      flag: 'webhook-register',
      description:
        'Make them, and point the CRDs at the first name and the port as URL: for a capm3 outside the cluster',
    }),
  }),
  grpc: grpcServerSettings,
});
export type Capm3Config = Static<typeof capm3Config>;
