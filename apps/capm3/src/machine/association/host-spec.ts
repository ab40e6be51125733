import { sameJson } from '@metal3/kube-client';
import {
  apiVersionOf,
  metal3Machine as metal3MachineKind,
  type BareMetalHost,
  type Metal3Machine,
} from '@metal3/metal3-api';
import { clusterNameLabel, type Machine } from '../../cluster-api/kinds.ts';
import { bootstrapSecret } from '../gates/decide.ts';
import { nodeReuseLabel } from '../host-choice/decide.ts';
import { blockMoveAnnotation } from '../pause/decide.ts';

type HostSpec = BareMetalHost['spec'];
type SecretReference = NonNullable<HostSpec['userData']>;

/** JSON merge patch of a host. */
export interface HostPatch {
  readonly metadata?: {
    readonly labels?: Record<string, string | null>;
    readonly annotations?: Record<string, string | null>;
  };
  readonly spec?: { readonly [field in keyof HostSpec]?: HostSpec[field] | null };
}

export type HandOver =
  { readonly kind: 'patch'; readonly patch: HostPatch } | { readonly kind: 'invalid'; readonly reason: string };

/** Secrets of a machine once names are resolved. */
export interface MachineSecrets {
  readonly userData: SecretReference | undefined;
  readonly metaData: SecretReference | undefined;
  readonly networkData: SecretReference | undefined;
}

/** Secrets that a data template was rendered into. */
export type RenderedSecrets = Pick<MachineSecrets, 'metaData' | 'networkData'>;

/** Bootstrap data wins over spec.userData; rendered data fills what the spec leaves open. */
export function resolveSecrets(m3m: Metal3Machine, machine: Machine, rendered?: RenderedSecrets): MachineSecrets {
  const namespace = m3m.metadata.namespace ?? '';
  const bootstrap = bootstrapSecret(machine);
  return {
    userData: bootstrap === undefined ? placed(m3m.spec.userData, namespace) : { name: bootstrap, namespace },
    metaData: placed(m3m.spec.metaData ?? rendered?.metaData ?? m3m.status?.metaData, namespace),
    networkData: placed(m3m.spec.networkData ?? rendered?.networkData ?? m3m.status?.networkData, namespace),
  };
}

/** What makes a host this machine's and nothing more: it is given work once everything is there that the work needs. */
export function takeHost(m3m: Metal3Machine, machine: Machine): HostPatch {
  return {
    metadata: {
      labels: { [clusterNameLabel]: machine.spec.clusterName, [nodeReuseLabel]: null },
      annotations: { [blockMoveAnnotation]: '' },
    },
    spec: { consumerRef: consumerReference(m3m) },
  };
}

/**
 * What to write on a host so that it becomes this machine's: consumer and cluster label, and, unless it has them already, image or
 * custom deploy and the secrets. Image and secrets are never rewritten on a host that has an image: that would provision it again.
 */
export function handOver(
  host: BareMetalHost,
  m3m: Metal3Machine,
  machine: Machine,
  rendered?: RenderedSecrets,
): HandOver {
  const { image, customDeploy, automatedCleaningMode } = m3m.spec;
  if (image?.url === undefined && customDeploy === undefined) {
    return { kind: 'invalid', reason: 'spec.image.url or spec.customDeploy.method must be set' };
  }
  const namespace = m3m.metadata.namespace ?? '';
  const secrets = resolveSecrets(m3m, machine, rendered);
  for (const [field, secret] of Object.entries(secrets)) {
    if (secret !== undefined && secret.namespace !== namespace) {
      return {
        kind: 'invalid',
        reason: `${field}: Secret ${secret.namespace}/${secret.name} is in another namespace than the machine`,
      };
    }
  }
  const untouched = host.spec.image === undefined && host.spec.customDeploy === undefined;
  const { userData, metaData, networkData } = secrets;
  const { metadata, spec } = takeHost(m3m, machine);
  return {
    kind: 'patch',
    patch: {
      ...(metadata !== undefined && { metadata }),
      spec: {
        ...spec,
        online: true,
        ...(automatedCleaningMode !== undefined && { automatedCleaningMode }),
        ...(untouched && {
          ...(image !== undefined && { image: hostImage(image) }),
          ...(customDeploy !== undefined && { customDeploy }),
          userData: userData ?? null,
          metaData: metaData ?? null,
          networkData: networkData ?? null,
        }),
      },
    },
  };
}

/** Whether writing `patch` would change the host; label and field comparison is by value. */
export function changesHost(host: BareMetalHost, patch: HostPatch): boolean {
  const labels = host.metadata.labels ?? {};
  const labelsDiffer = Object.entries(patch.metadata?.labels ?? {}).some(
    ([key, value]) => (labels[key] ?? null) !== value,
  );
  const annotations = host.metadata.annotations ?? {};
  const annotationsDiffer = Object.entries(patch.metadata?.annotations ?? {}).some(
    ([key, value]) => (annotations[key] ?? null) !== value,
  );
  const spec = host.spec as Record<string, unknown>;
  const specDiffers = Object.entries(patch.spec ?? {}).some(
    ([key, value]) => !sameJson(spec[key] ?? null, value ?? null),
  );
  return labelsDiffer || annotationsDiffer || specDiffers;
}

function consumerReference(m3m: Metal3Machine): NonNullable<HostSpec['consumerRef']> {
  return {
    apiVersion: apiVersionOf(metal3MachineKind),
    kind: metal3MachineKind.kind,
    name: m3m.metadata.name ?? '',
    namespace: m3m.metadata.namespace ?? '',
  };
}

/** The host calls the disk format `format`; an empty one must be left out, its schema refuses it. */
function hostImage({
  url,
  checksum,
  checksumType,
  diskFormat,
}: NonNullable<Metal3Machine['spec']['image']>): NonNullable<HostSpec['image']> {
  return {
    url,
    ...(checksum !== undefined && { checksum }),
    ...(checksumType !== undefined && { checksumType }),
    ...(diskFormat !== undefined && { format: diskFormat }),
  };
}

function placed(reference: SecretReference | undefined, namespace: string): SecretReference | undefined {
  return reference?.name === undefined
    ? undefined
    : { name: reference.name, namespace: reference.namespace || namespace };
}
