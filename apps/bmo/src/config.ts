import { grpcServerSettings } from '@metal3/grpc';
import { apiPaceSettings } from '@metal3/kube-controller';
import { duration, serviceSettings } from '@metal3/service';
import { Type, type Static } from 'typebox';
import { loggingSettings } from './logging.ts';
import { tlsSettings } from './tls.ts';

/** Images by architecture, where those of `deployImage` do not do for all. */
function imageSource(what: string, variable: string) {
  const of = (architecture: string) =>
    Type.String({
      default: '',
      env: `${variable}_URL_${architecture.toUpperCase()}`,
      description: `URL of the ${what} for PreprovisioningImages of ${architecture}`,
    });
  return Type.Object({
    x86_64: of('x86_64'),
    aarch64: of('aarch64'),
    byArch: Type.String({
      default: '',
      env: `${variable}_BY_ARCH`,
      description: `The same for any architecture: arch:url,arch:url`,
    }),
  });
}

/** Settings of bmo. Flags and variables that upstream has keep their names. */
export const bmoConfig = Type.Object({
  service: serviceSettings,
  logging: loggingSettings,
  grpc: grpcServerSettings,
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
      description: 'Namespaces whose hosts are reconciled, separated by commas; empty for all',
    }),
    ...apiPaceSettings,
  }),
  leaderElection: Type.Object({
    enabled: Type.Boolean({
      default: false,
      flag: 'enable-leader-election',
      description: 'Elect one replica to run the controllers; webhooks and gRPC are served by all',
    }),
    namespace: Type.String({
      default: '',
      env: ['POD_NAMESPACE'],
      description: 'Namespace of the Lease; empty for the watched one, else "default"',
    }),
    leaseDurationSeconds: Type.Integer({
      default: 15,
      minimum: 1,
      env: 'LEASE_DURATION_SECONDS',
      flag: 'lease-duration-seconds',
      description: 'How long a silent leader is waited for',
    }),
    renewDeadlineSeconds: Type.Integer({
      default: 10,
      minimum: 1,
      env: 'RENEW_DEADLINE_SECONDS',
      flag: 'renew-deadline-seconds',
      description: 'How long renewing may fail before the leader gives up',
    }),
    retryPeriodSeconds: Type.Integer({
      default: 2,
      minimum: 1,
      env: 'RETRY_PERIOD_SECONDS',
      flag: 'retry-period-seconds',
      description: 'Time between two attempts to get or renew the Lease',
    }),
  }),
  webhooks: Type.Object({
    port: Type.Integer({
      default: 0,
      minimum: 0,
      maximum: 65535,
      flag: 'webhook-port',
      description: 'Port of the validating webhook (HTTPS); 0 for no webhook',
    }),
    host: Type.String({ default: '127.0.0.1', flag: 'webhook-host', description: 'Address to serve the webhook on' }),
    certDir: Type.String({
      default: '',
      env: 'WEBHOOK_CERT_DIR',
      description: 'Folder with tls.crt and tls.key; empty for certificates that bmo makes and renews itself',
    }),
    trustCertDir: Type.Boolean({
      default: false,
      description: 'Have the API server trust the ca.crt of that folder; leave it to cert-manager where it injects',
    }),
    names: Type.Array(Type.String(), {
      default: ['127.0.0.1'],
      description: 'DNS names and addresses the API server reaches the webhook by; in the certificate',
    }),
    secretName: Type.String({
      default: 'bmo-webhook-certificates',
      description: 'Secret through which replicas share certificates of their own',
    }),
    configuration: Type.String({
      default: 'bmo-validating-webhook',
      description: 'ValidatingWebhookConfiguration that is told which authority to trust',
    }),
    register: Type.Boolean({
      default: false,
      flag: 'webhook-register',
      description: 'Make that configuration, with the first name and the port as URL: for a bmo outside the cluster',
    }),
  }),
  tls: tlsSettings,
  metricsAddress: Type.String({
    default: '',
    env: false,
    flag: 'metrics-addr',
    description:
      'host:port of /metrics by HTTPS for those whose token may get that path; empty for none: the health address has the metrics, too',
  }),
  provisioner: Type.Object({
    name: Type.Enum(['ironic'], {
      default: 'ironic',
      env: false,
      flag: 'provisioner',
      description: 'What works on the machines; plugins are not loaded. fake-hardware:// addresses need no machine',
    }),
    pluginDir: Type.String({
      default: '',
      env: 'PROVISIONER_PLUGIN_DIR',
      flag: false,
      description: 'Taken for those who have set it: no plugins are loaded',
    }),
  }),
  controllerConcurrency: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 1000,
    env: 'BMO_CONCURRENCY',
    flag: 'controller-concurrency',
    description: 'Hosts looked at at a time; 0 for the default of 16',
  }),
  ironic: Type.Object({
    grpcAddress: Type.String({
      default: '',
      env: 'IRONIC_GRPC_ADDRESS',
      flag: 'ironic-grpc-address',
      description: 'host:port of the NodeService of ironic-api; takes precedence over the REST endpoint',
    }),
    grpcTlsCaFile: Type.String({
      default: '',
      description: 'Certificate authority of ironic-api (PEM); empty for plaintext on this machine',
    }),
    grpcTlsCertFile: Type.String({ default: '', description: 'Client certificate for ironic-api (PEM)' }),
    grpcTlsKeyFile: Type.String({ default: '', description: 'Private key of that certificate (PEM)' }),
    grpcTokenFile: Type.String({ default: '', description: 'File with a bearer token for ironic-api' }),
    endpoint: Type.String({
      default: '',
      env: 'IRONIC_ENDPOINT',
      flag: 'ironic-endpoint',
      description: 'URL of any Ironic, 1.89 or newer, to use by REST, e.g. https://ironic:6385/v1/',
    }),
    authRoot: Type.String({
      default: '/opt/metal3/auth',
      env: 'METAL3_AUTH_ROOT_DIR',
      description:
        'Folder whose subfolder "ironic" may hold the files username and password for HTTP basic authentication',
    }),
    caFile: Type.String({
      default: '/opt/metal3/certs/ca/tls.crt',
      env: 'IRONIC_CACERT_FILE',
      description: 'Certificate authority of the REST endpoint (PEM); ignored if absent',
    }),
    clientCertFile: Type.String({
      default: '/opt/metal3/certs/client/tls.crt',
      env: 'IRONIC_CLIENT_CERT_FILE',
      description: 'Client certificate for the REST endpoint (PEM); ignored if absent',
    }),
    clientKeyFile: Type.String({
      default: '/opt/metal3/certs/client/tls.key',
      env: 'IRONIC_CLIENT_PRIVATE_KEY_FILE',
      description: 'Private key of that certificate (PEM); ignored if absent',
    }),
    insecure: Type.Boolean({
      default: false,
      env: 'IRONIC_INSECURE',
      description: 'Accept any certificate of the REST endpoint',
    }),
    skipNameCheck: Type.Boolean({
      default: false,
      env: 'IRONIC_SKIP_CLIENT_SAN_VERIFY',
      description: 'Accept a certificate of the REST endpoint that is made out to another name',
    }),
    cacheTtl: duration({
      default: '5s',
      env: 'IRONIC_CLIENT_CACHE_TTL',
      description: 'Taken for those who have set it: one client is kept, and its connections with it',
    }),
    timeout: duration({
      default: '30s',
      env: 'IRONIC_CLIENT_TIMEOUT',
      description: 'Time allowed for one request to Ironic',
    }),
    busyTick: duration({
      default: '1s',
      description: 'REST only: time between two looks at all nodes while Ironic works on any',
    }),
    idleTick: duration({
      default: '15s',
      description: 'REST only: time between two looks at all nodes while Ironic works on none',
    }),
  }),
  deployImage: Type.Object({
    kernelUrl: Type.String({
      default: '',
      env: 'DEPLOY_KERNEL_URL',
      description: "Kernel of the deploy image; empty for Ironic's own choice",
    }),
    ramdiskUrl: Type.String({
      default: '',
      env: 'DEPLOY_RAMDISK_URL',
      description: 'Ramdisk of the deploy image; needs the kernel',
    }),
    isoUrl: Type.String({
      default: '',
      env: 'DEPLOY_ISO_URL',
      description: 'ISO of the deploy image, for hosts that boot from one',
    }),
  }),
  preprovisioningImages: Type.Object({
    kernel: imageSource('kernel', 'DEPLOY_KERNEL'),
    ramdisk: imageSource('ramdisk', 'DEPLOY_RAMDISK'),
    iso: imageSource('ISO', 'DEPLOY_ISO'),
  }),
  hostClaims: Type.Object({
    enabled: Type.Boolean({
      default: false,
      flag: 'hostclaims',
      description: 'Give hosts to HostClaims, in whose namespaces HostDeployPolicies allow that',
    }),
  }),
  networking: Type.Object({
    enabled: Type.Boolean({
      default: false,
      env: 'IRONIC_NETWORKING_ENABLED',
      description:
        "Write what BareMetalSwitches say into Ironic's configuration of switches; the other three are needed then",
    }),
    configsSecret: Type.String({
      default: '',
      env: 'IRONIC_SWITCH_CONFIGS_SECRET',
      description: 'Secret with that configuration, in the namespace of the switches; it must be there',
    }),
    credentialsSecret: Type.String({
      default: '',
      env: 'IRONIC_SWITCH_CREDENTIALS_SECRET',
      description: 'Secret with the SSH keys for switches, likewise',
    }),
    credentialsPath: Type.String({
      default: '',
      env: 'IRONIC_SWITCH_CREDENTIALS_PATH',
      description: 'Folder in which Ironic has the content of that Secret',
    }),
  }),
  hosts: Type.Object({
    buildPreprovisioningImages: Type.Boolean({
      default: false,
      flag: 'build-preprov-image',
      description: 'Have agents boot images that are asked for host by host (PreprovisioningImage)',
    }),
    maxProvisioningRetries: Type.Integer({
      default: 5,
      minimum: 0,
      flag: 'max-provisioning-retries',
      description: 'Failed attempts to provision an image after which a host waits for another one; 0 for any number',
    }),
    provisioningLimit: Type.Integer({
      default: 20,
      minimum: 1,
      env: 'PROVISIONING_LIMIT',
      description: 'Hosts that may boot over the network at a time',
    }),
    provisioningNetworkDisabled: Type.Boolean({
      default: false,
      env: 'PROVISIONING_NETWORK_DISABLED',
      description: 'Refuse hosts whose driver needs a provisioning network',
    }),
    liveIsoForcePersistentBootDevice: Type.Enum(['', 'Default', 'Always', 'Never'], {
      default: '',
      env: 'LIVE_ISO_FORCE_PERSISTENT_BOOT_DEVICE',
      description: 'Boot device setting for live ISOs',
    }),
    directDeployForcePersistentBootDevice: Type.Enum(['', 'Default', 'Always', 'Never'], {
      default: '',
      env: 'DIRECT_DEPLOY_FORCE_PERSISTENT_BOOT_DEVICE',
      description: 'Boot device setting for images',
    }),
    externalUrlV6: Type.String({
      default: '',
      env: 'IRONIC_EXTERNAL_URL_V6',
      description: 'URL of Ironic for machines whose BMC is reached over IPv6',
    }),
    backOffUnit: duration({
      default: '60s',
      env: 'BMO_BACK_OFF_UNIT',
      description: 'First pause after a failure is one to two of these; it doubles with each failure in a row',
    }),
  }),
});
export type BmoConfig = Static<typeof bmoConfig>;
