/** Ways in which people install the ipam chart; each has a golden render, and the API server accepts all of it. */
export const ipamValueSets: Readonly<
  Record<string, { readonly values: object; readonly apiVersions?: readonly string[] }>
> = {
  default: { values: {} },
  'one-namespace': {
    values: { rbac: { namespaces: ['default'], aggregate: false }, replicas: 1, fullnameOverride: 'metal3-ipam' },
  },
  'cert-manager': { values: { webhook: { certificates: 'certManager' } }, apiVersions: ['cert-manager.io/v1'] },
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
    apiVersions: ['monitoring.coreos.com/v1'],
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

/** The same of the capm3 chart: what differs from ipam's, whose templates it shares. */
export const capm3ValueSets: typeof ipamValueSets = {
  default: { values: {} },
  'one-namespace': { values: { rbac: { namespaces: ['default'], aggregate: false }, replicas: 1 } },
  'cert-manager': { values: { webhook: { certificates: 'certManager' } }, apiVersions: ['cert-manager.io/v1'] },
  'existing-secret': {
    values: {
      webhook: { certificates: 'existingSecret', secretName: 'capm3-tls' },
      tls: { secretName: 'capm3-grpc' },
      config: { fastTrack: true, kubernetes: { watchFilter: 'blue' }, concurrency: { metal3Machine: 20 } },
      extraArgs: ['--sync-period=5m'],
    },
  },
  'no-webhooks': { values: { webhook: { enabled: false }, check: { enabled: false } } },
  monitored: { values: { monitoring: { podMonitor: true } }, apiVersions: ['monitoring.coreos.com/v1'] },
};
