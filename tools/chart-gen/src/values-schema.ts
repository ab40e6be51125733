/** A JSON Schema, as far as this file builds and changes it. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

const text: JsonSchema = { type: 'string' };
const flag: JsonSchema = { type: 'boolean' };
const list: JsonSchema = { type: 'array' };
const map: JsonSchema = { type: 'object' };
const texts: JsonSchema = { type: 'object', additionalProperties: { type: 'string' } };
const port: JsonSchema = { type: 'integer', minimum: 1, maximum: 65535 };

function closed(properties: Readonly<Record<string, JsonSchema>>, required: readonly string[] = []): JsonSchema {
  return { type: 'object', additionalProperties: false, properties, ...(required.length > 0 && { required }) };
}

const image = closed({
  registry: text,
  repository: text,
  tag: text,
  digest: { type: 'string', pattern: '^(sha256:[0-9a-f]{64})?$' },
  pullPolicy: { enum: ['Always', 'IfNotPresent', 'Never'] },
});

const persistence = closed({
  mountPath: text,
  size: text,
  existingClaim: text,
  create: flag,
  storageClass: text,
  accessMode: { enum: ['ReadWriteOnce', 'ReadWriteMany', 'ReadWriteOncePod'] },
  keep: flag,
});

/** Values every chart has; they are what the templates of metal3-lib read. */
const shared: Readonly<Record<string, JsonSchema>> = {
  replicas: { type: 'integer', minimum: 0 },
  image,
  ports: { type: 'object', additionalProperties: port, required: ['health'] },
  extraArgs: { type: 'array', items: text },
  extraEnv: list,
  extraVolumes: list,
  extraVolumeMounts: list,
  secretEnv: { type: 'object', additionalProperties: closed({ name: text, key: text }, ['name', 'key']) },
  tls: closed({ secretName: text }),
  serviceAccount: closed({ create: flag, name: text, annotations: texts, automount: flag }),
  service: closed({ type: { enum: ['ClusterIP', 'NodePort', 'LoadBalancer'] }, annotations: texts }),
  resources: map,
  strategy: map,
  terminationGracePeriodSeconds: { type: 'integer', minimum: 0 },
  podAnnotations: texts,
  podLabels: texts,
  extraContainers: list,
  topologySpreadConstraints: list,
  containerName: text,
  imagePullSecrets: list,
  priorityClassName: text,
  nodeSelector: texts,
  tolerations: list,
  affinity: map,
  hostNetwork: flag,
  podDisruptionBudget: closed({ enabled: flag }),
  networkPolicy: closed({
    enabled: flag,
    metricsFrom: list,
    egress: closed({ enabled: flag, ports: { type: 'array', items: port }, extra: list }),
  }),
  monitoring: closed({
    serviceMonitor: flag,
    podMonitor: flag,
    interval: { type: 'string', pattern: '^([0-9]+(ms|s|m|h))*$' },
    labels: texts,
    rules: flag,
    runbooks: text,
    dashboard: flag,
  }),
  fullnameOverride: text,
  // What Helm itself adds for subcharts.
  global: map,
  'metal3-lib': map,
};

const kubernetesClient: Readonly<Record<string, JsonSchema>> = {
  rbac: closed({
    create: flag,
    namespaces: { type: 'array', items: text },
    aggregate: flag,
  }),
  crds: closed({ enabled: flag, keep: flag }),
  convertedCrds: { type: 'array', items: text },
};

const webhook = closed({
  enabled: flag,
  certificates: { enum: ['selfSigned', 'certManager', 'existingSecret'] },
  secretName: text,
  issuerRef: closed({ name: text, kind: text, group: text }),
  failurePolicy: { enum: ['Fail', 'Ignore'] },
  timeoutSeconds: { type: 'integer', minimum: 1, maximum: 10 },
  matchConditions: list,
});

const check = closed({ enabled: flag, afterInstall: flag, timeoutSeconds: { type: 'integer', minimum: 5 } });

/** What one chart has besides the shared values. */
export interface ChartShape {
  readonly kubernetes?: boolean;
  readonly persistence?: boolean;
  /** Whether its replicas may elect one of them by a Lease, and need nothing else of Kubernetes. */
  readonly lease?: boolean;
  /** Whether it serves over TLS with a certificate from a Secret, and whether at a port besides the one for HTTP. */
  readonly https?: 'instead' | 'too';
  /** Whether its users may come from a Secret. */
  readonly basicAuth?: boolean;
  /** Whether it calls Ironic by REST, with accounts and certificates from Secrets. */
  readonly ironicByRest?: boolean;
  /** Whether it works on the node store, whose place and key come from a Secret. */
  readonly store?: boolean;
  /** Whether it has webhooks, by the value `webhook`. */
  readonly webhook?: boolean;
  /** Configuration schema of the conductor that may run in the same pod. */
  readonly conductorConfig?: JsonSchema;
}

/** values.schema.json of a chart, from the configuration schema its service prints. */
export function valuesSchema(chart: string, config: JsonSchema, shape: ChartShape): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: `Values of the ${chart} chart`,
    ...closed({
      ...shared,
      ...(shape.kubernetes === true && kubernetesClient),
      ...(shape.webhook === true && { webhook }),
      check,
      ...(shape.persistence === true && { persistence }),
      ...(shape.lease === true && { rbac: closed({ create: flag }) }),
      ...(shape.https !== undefined && {
        https: closed({ secretName: text, ...(shape.https === 'too' && { port }) }),
      }),
      ...(shape.basicAuth === true && { basicAuth: closed({ secretName: text }) }),
      ...(shape.ironicByRest === true && {
        ironic: closed({ credentialsSecretName: text, caSecretName: text, clientCertificateSecretName: text }),
      }),
      ...(shape.store === true && { store: closed({ secretName: text }) }),
      ...(shape.conductorConfig !== undefined && {
        conductor: closed({ enabled: flag, image, resources: map, config: partial(shape.conductorConfig) }),
      }),
      config: partial(config),
    }),
  };
}

/** values.schema.json of the chart of all components; the values of each are checked by the schema of its own chart. */
export function wholeValuesSchema(components: readonly string[]): JsonSchema {
  const each = (schema: JsonSchema) => Object.fromEntries(components.map((name) => [name, schema]));
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of the metal3 chart',
    ...closed({
      components: closed(each(flag)),
      global: { type: 'object', properties: { imageRegistry: text, imagePullSecrets: list } },
      tls: closed({
        certificates: { enum: ['selfSigned', 'certManager', 'existingSecret'] },
        issuerRef: closed({ name: text, kind: text, group: text }),
      }),
      ...each(map),
      'metal3-lib': map,
    }),
  };
}

/** In values nothing of the configuration is required: what is left out has its default or comes from the environment. */
function partial({ $schema: _, ...schema }: JsonSchema): JsonSchema {
  const { required: _required, properties, ...rest } = schema;
  return {
    ...rest,
    ...(properties !== undefined && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, child]) => [name, partial(child)])),
    }),
  };
}
