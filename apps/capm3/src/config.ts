import { grpcServerSettings } from '@metal3/grpc';
import { apiPaceSettings } from '@metal3/kube-controller';
import { diagnosticsSettings, loggingSettings, tlsSettings } from '@metal3/kube-diagnostics';
import { duration, serviceSettings } from '@metal3/service';
import { Type, type Static } from 'typebox';

/** How many objects of a kind are looked at at a time. */
const concurrency = (kind: string, what: string) =>
  Type.Integer({
    default: 10,
    minimum: 1,
    maximum: 100,
    flag: `${kind}-concurrency`,
    description: `${what} looked at at a time`,
  });

/** Settings of capm3. Flags that the upstream manager has keep their names. */
export const capm3Config = Type.Object({
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
      description: 'Namespaces that are reconciled, separated by commas; empty for all',
    }),
    watchFilter: Type.String({
      default: '',
      flag: 'watch-filter',
      description: 'Only objects with this value of the label cluster.x-k8s.io/watch-filter are served; empty for all',
    }),
    syncPeriod: duration({
      default: '10m',
      flag: 'sync-period',
      description: 'Time between two looks at all objects, in case a change was missed',
    }),
    ...apiPaceSettings,
  }),
  workloadClusters: Type.Object({
    apiQps: Type.Number({
      default: 0,
      minimum: 0,
      flag: 'clustercache-client-qps',
      description: 'Most calls of the API server of one workload cluster a second; 0 for as many as it takes',
    }),
    apiBurst: Type.Integer({
      default: 30,
      minimum: 1,
      flag: 'clustercache-client-burst',
      description: 'Calls of it that may come at once after a pause, where there is a limit',
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
    leaseDuration: duration({
      default: '15s',
      flag: 'leader-elect-lease-duration',
      description: 'How long a silent leader is waited for',
    }),
    renewDeadline: duration({
      default: '10s',
      flag: 'leader-elect-renew-deadline',
      description: 'How long renewing may fail before the leader gives up',
    }),
    retryPeriod: duration({
      default: '2s',
      flag: 'leader-elect-retry-period',
      description: 'Time between two attempts to get or renew the Lease',
    }),
  }),
  tls: tlsSettings,
  diagnostics: diagnosticsSettings,
  metricsBindAddress: Type.String({
    default: '',
    env: false,
    flag: 'metrics-bind-addr',
    description:
      'Deprecated, --diagnostics-address took its place: host:port of /metrics by plain HTTP for everybody; empty for none',
  }),
  concurrency: Type.Object({
    metal3Machine: concurrency('metal3machine', 'Metal3Machines'),
    metal3Cluster: concurrency('metal3cluster', 'Metal3Clusters'),
    metal3DataTemplate: concurrency('metal3datatemplate', 'Metal3DataTemplates'),
    metal3Data: concurrency('metal3data', 'Metal3Data'),
    metal3Remediation: concurrency('metal3remediation', 'Metal3Remediations'),
    metal3MachineTemplate: concurrency('metal3machinetemplate', 'Metal3MachineTemplates'),
    labelSync: concurrency('metal3labelsync', 'Hosts whose labels go to their Nodes'),
  }),
  fastTrack: Type.Boolean({
    default: false,
    env: 'CAPM3_FAST_TRACK',
    description: 'Leave released hosts powered on, so that the next machine starts faster',
  }),
  preallocation: Type.Boolean({
    default: false,
    env: 'ENABLE_BMH_NAME_BASED_PREALLOCATION',
    // The second is what it was called before release 1.5.
    flag: ['enable-bmh-name-based-preallocation', 'enableBMHNameBasedPreallocation'],
    description: 'Name address claims after the host, so that addresses can be set aside for hosts beforehand',
  }),
  skipCrdMigrationPhases: Type.Array(Type.Enum(['StorageVersionMigration', 'CleanupManagedFields']), {
    default: [],
    env: false,
    flag: 'skip-crd-migration-phases',
    description:
      'StorageVersionMigration leaves objects in the version in which they are stored; of the other there is nothing to do',
  }),
  webhooks: Type.Object({
    port: Type.Integer({
      default: 9443,
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
