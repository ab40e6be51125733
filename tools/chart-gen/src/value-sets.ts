import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** A way in which people install a chart; it has a golden render, and the API server accepts all of it. */
export interface ValueSet {
  readonly values: object;
  readonly apiVersions?: readonly string[];
}

const certManager = { values: { webhook: { certificates: 'certManager' } }, apiVersions: ['cert-manager.io/v1'] };
const prometheus = ['monitoring.coreos.com/v1'];

const ipamValueSets: Readonly<Record<string, ValueSet>> = {
  default: { values: {} },
  'one-namespace': {
    values: { rbac: { namespaces: ['default'], aggregate: false }, replicas: 1, fullnameOverride: 'metal3-ipam' },
  },
  'cert-manager': certManager,
  'issuer-of-ones-own': {
    values: {
      webhook: { certificates: 'certManager', issuerRef: { kind: 'ClusterIssuer', name: 'corporate' } },
    },
    apiVersions: ['cert-manager.io/v1'],
  },
  'existing-secret': {
    values: {
      webhook: { certificates: 'existingSecret', secretName: 'ipam-tls', failurePolicy: 'Ignore', timeoutSeconds: 2 },
      serviceAccount: { create: false, name: 'ipam' },
    },
  },
  'no-webhooks': { values: { webhook: { enabled: false }, check: { enabled: false }, crds: { enabled: false } } },
  monitored: {
    values: {
      monitoring: { podMonitor: true, interval: '30s', labels: { release: 'kube-prometheus-stack' } },
      networkPolicy: {
        metricsFrom: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
        egress: { enabled: true },
      },
    },
    apiVersions: prometheus,
  },
  'every-knob': {
    values: {
      replicas: 3,
      image: { registry: 'registry.example.com/mirror', digest: `sha256:${'0'.repeat(64)}`, pullPolicy: 'Always' },
      tls: { secretName: 'ipam-grpc' },
      config: { concurrency: 20, service: { logLevel: 'debug' } },
      webhook: { matchConditions: [{ name: 'not-tests', expression: 'request.namespace != "tests"' }] },
      check: { afterInstall: true, timeoutSeconds: 120 },
      extraArgs: ['--ippool-concurrency=30'],
      extraEnv: [{ name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: 'http://otel:4318' }],
      secretEnv: { TOKEN: { name: 'token', key: 'value' } },
      extraVolumes: [{ name: 'extra', emptyDir: {} }],
      extraVolumeMounts: [{ name: 'extra', mountPath: '/extra' }],
      extraContainers: [{ name: 'proxy', image: 'proxy:1', securityContext: { allowPrivilegeEscalation: false } }],
      podLabels: { team: 'platform' },
      podAnnotations: { note: 'here' },
      imagePullSecrets: [{ name: 'registry' }],
      priorityClassName: 'system-cluster-critical',
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      tolerations: [{ key: 'node-role.kubernetes.io/control-plane', operator: 'Exists', effect: 'NoSchedule' }],
      affinity: { nodeAffinity: {} },
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: 'topology.kubernetes.io/zone',
          whenUnsatisfiable: 'DoNotSchedule',
          labelSelector: { matchLabels: { 'app.kubernetes.io/name': 'ipam' } },
        },
      ],
      service: { type: 'LoadBalancer', annotations: { pool: 'infra' } },
    },
  },
};

/** What differs from ipam's, whose templates it shares. */
const capm3ValueSets: typeof ipamValueSets = {
  default: { values: {} },
  'one-namespace': { values: { rbac: { namespaces: ['default'], aggregate: false }, replicas: 1 } },
  'cert-manager': certManager,
  'existing-secret': {
    values: {
      webhook: { certificates: 'existingSecret', secretName: 'capm3-tls' },
      tls: { secretName: 'capm3-grpc' },
      config: { fastTrack: true, kubernetes: { watchFilter: 'blue' }, concurrency: { metal3Machine: 20 } },
      extraArgs: ['--sync-period=5m'],
    },
  },
  'no-webhooks': { values: { webhook: { enabled: false }, check: { enabled: false } } },
  monitored: { values: { monitoring: { podMonitor: true } }, apiVersions: prometheus },
};

const bmoValueSets: typeof ipamValueSets = {
  default: { values: {} },
  'one-namespace': { values: { rbac: { namespaces: ['default'], aggregate: false }, replicas: 1 } },
  'cert-manager': certManager,
  'existing-secret': { values: { webhook: { certificates: 'existingSecret', secretName: 'bmo-tls' } } },
  'no-webhooks': { values: { webhook: { enabled: false }, check: { enabled: false } } },
  grpc: { values: { tls: { secretName: 'metal3-tls' } } },
  'any-ironic': {
    values: {
      config: { ironic: { endpoint: 'https://ironic.example.com:6385/v1/' }, hosts: { provisioningLimit: 50 } },
      ironic: {
        credentialsSecretName: 'ironic-credentials',
        caSecretName: 'ironic-ca',
        clientCertificateSecretName: 'bmo-client',
      },
    },
  },
  monitored: { values: { monitoring: { podMonitor: true } }, apiVersions: prometheus },
};

const ownPods = { store: { secretName: 'ironic-store' }, tls: { secretName: 'metal3-tls' } };
const lockedDown = {
  networkPolicy: {
    metricsFrom: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
    egress: { enabled: true },
  },
};
const externalApiUrl = 'http://192.0.2.1:6385';
const profile = (path: string) =>
  parse(readFileSync(new URL(`../../../charts/${path}`, import.meta.url), 'utf8')) as { readonly conductor: object };
const tiny = profile('ironic-api/profiles/tiny.yaml');

const ironicApiValueSets: typeof ipamValueSets = {
  default: { values: ownPods },
  tiny: { values: withExternalUrl(tiny) },
  'tiny-on-a-claim': {
    values: {
      ...withExternalUrl(tiny),
      persistence: { mountPath: '/var/lib/ironic', size: '1Gi', create: true, storageClass: 'fast', keep: true },
    },
  },
  'tiny-beside-pxe-server': { values: { ...withExternalUrl(tiny), tls: { secretName: 'metal3-tls' } } },
  'https-and-accounts': {
    values: { ...ownPods, https: { secretName: 'ironic-https' }, basicAuth: { secretName: 'ironic-htpasswd' } },
  },
  'locked-down': { values: { ...ownPods, ...lockedDown, check: { afterInstall: true } } },
  monitored: { values: { ...ownPods, monitoring: { podMonitor: true } }, apiVersions: prometheus },
};

const conductorOwn = { ...ownPods, config: { boot: { externalApiUrl } } };
const ironicConductorValueSets: typeof ipamValueSets = {
  default: { values: conductorOwn },
  'with-pxe-server': { values: { ...ownPods, config: { boot: { externalApiUrl, pxeServer: 'pxe-server:50055' } } } },
  'with-redis': { values: { ...conductorOwn, secretEnv: { REDIS_URL: { name: 'redis', key: 'url' } } } },
  'a-group-of-its-own': {
    values: { ...ownPods, replicas: 1, config: { boot: { externalApiUrl }, conductor: { groups: ['rack-7'] } } },
  },
  'locked-down': { values: { ...conductorOwn, ...lockedDown } },
  monitored: { values: { ...conductorOwn, monitoring: { podMonitor: true } }, apiVersions: prometheus },
};

const pxeTls = { tls: { secretName: 'metal3-tls' } };
const http = { url: 'http://192.0.2.1:6180' };
const subnets = [{ network: '192.0.2.0/24', ranges: ['192.0.2.100-192.0.2.199'] }];
const pxeServerValueSets: typeof ipamValueSets = {
  default: { values: { ...pxeTls, config: { http } } },
  https: {
    values: {
      ...pxeTls,
      https: { secretName: 'media-tls' },
      config: { http, https: { url: 'https://192.0.2.1:6183' } },
    },
  },
  'dhcp-and-tftp': {
    values: {
      ...pxeTls,
      nodeSelector: { 'metal3.io/provisioning': 'true' },
      config: { http, dhcp: { mode: 'server', listen: '192.0.2.0/24', subnets }, tftp: { listen: '192.0.2.1:69' } },
      persistence: { existingClaim: 'boot-images' },
    },
  },
  'dhcp-by-replicas': {
    values: { ...pxeTls, replicas: 2, config: { http, dhcp: { mode: 'server', listen: '192.0.2.0/24', subnets } } },
  },
  'claim-of-its-own': {
    values: {
      ...pxeTls,
      ...lockedDown,
      config: { http },
      persistence: { create: true, size: '100Gi', storageClass: 'fast', accessMode: 'ReadWriteMany' },
    },
  },
  monitored: { values: { ...pxeTls, config: { http }, monitoring: { podMonitor: true } }, apiVersions: prometheus },
};

function withExternalUrl(values: typeof tiny): object {
  return {
    ...values,
    conductor: { ...values.conductor, config: { ...configOf(values.conductor), boot: { externalApiUrl } } },
  };
}

function configOf(conductor: object): object {
  return 'config' in conductor ? (conductor.config as object) : {};
}

/** Of every chart, by the chart and the name of the set. Each chart has `default`: what it takes to be installed at all. */
export const valueSets: Readonly<Record<string, Readonly<Record<string, ValueSet>>>> = {
  bmo: bmoValueSets,
  capm3: capm3ValueSets,
  ipam: ipamValueSets,
  'ironic-api': ironicApiValueSets,
  'ironic-conductor': ironicConductorValueSets,
  'pxe-server': pxeServerValueSets,
};
