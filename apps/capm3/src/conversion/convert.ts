import type { KubeObject, ObjectMeta } from '@metal3/kube-client';
import type { infrastructureV1Beta1 as v1beta1, infrastructureV1Beta2 as v1beta2 } from '@metal3/metal3-api';
import {
  metal3Cluster,
  metal3ClusterTemplate,
  metal3Data,
  metal3DataClaim,
  metal3DataTemplate,
  metal3Machine,
  metal3MachineTemplate,
} from '@metal3/metal3-api';
import { newClusterSpec, newClusterStatus, oldClusterSpec, oldClusterStatus } from './cluster.ts';
import {
  newDataTemplateSpec,
  newDataTemplateStatus,
  oldDataTemplateSpec,
  oldDataTemplateStatus,
} from './data-template.ts';
import { nameOf, newMachineSpec, newMachineStatus, oldMachineSpec, oldMachineStatus } from './machine.ts';

/** The kinds whose two served versions this service translates. */
export const convertedKinds = [
  metal3Cluster,
  metal3ClusterTemplate,
  metal3Machine,
  metal3MachineTemplate,
  metal3DataTemplate,
  metal3DataClaim,
  metal3Data,
] as const;

/** What the old version has no field for travels in this annotation, as JSON. */
const keptAnnotation = 'cluster.x-k8s.io/conversion-data';

interface Halves {
  readonly spec?: unknown;
  readonly status?: unknown;
}

interface Translation {
  up(object: Halves, kept: Halves | undefined): Halves;
  down(object: Halves): { readonly object: Halves; readonly kept?: Halves };
}

type MachineTemplate = v1beta2.Metal3MachineTemplateSpec;
type ClusterTemplate = v1beta2.Metal3ClusterTemplateSpec;

const translations: Readonly<Record<string, Translation>> = {
  Metal3Cluster: {
    up: ({ spec, status }) => ({
      spec: newClusterSpec((spec ?? {}) as v1beta1.Metal3ClusterSpec),
      ...(status !== undefined && { status: newClusterStatus(status as v1beta1.Metal3ClusterStatus) }),
    }),
    down: ({ spec, status }) => ({
      object: {
        spec: oldClusterSpec((spec ?? {}) as v1beta2.Metal3ClusterSpec),
        ...(status !== undefined && { status: oldClusterStatus(status as v1beta2.Metal3ClusterStatus) }),
      },
    }),
  },
  Metal3Machine: {
    up: ({ spec, status }) => ({
      spec: newMachineSpec((spec ?? {}) as v1beta1.Metal3MachineSpec),
      ...(status !== undefined && { status: newMachineStatus(status as v1beta1.Metal3MachineStatus) }),
    }),
    down: ({ spec, status }) => ({
      object: {
        spec: oldMachineSpec((spec ?? {}) as v1beta2.Metal3MachineSpec),
        ...(status !== undefined && { status: oldMachineStatus(status as v1beta2.Metal3MachineStatus) }),
      },
    }),
  },
  Metal3DataTemplate: {
    up: ({ spec, status }) => ({
      spec: newDataTemplateSpec((spec ?? {}) as v1beta1.Metal3DataTemplateSpec),
      ...(status !== undefined && { status: newDataTemplateStatus(status as v1beta1.Metal3DataTemplateStatus) }),
    }),
    down: ({ spec, status }) => ({
      object: {
        spec: oldDataTemplateSpec((spec ?? {}) as v1beta2.Metal3DataTemplateSpec),
        ...(status !== undefined && { status: oldDataTemplateStatus(status as v1beta2.Metal3DataTemplateStatus) }),
      },
    }),
  },
  Metal3DataClaim: references(['template'], ['renderedData']),
  Metal3Data: references(['template', 'claim'], []),
  Metal3ClusterTemplate: template(
    (spec) => newClusterSpec(spec as v1beta1.Metal3ClusterSpec),
    (spec) => oldClusterSpec(spec as ClusterTemplate['template']['spec']),
  ),
  Metal3MachineTemplate: template(
    (spec) => newMachineSpec(spec as v1beta1.Metal3MachineSpec),
    (spec) => oldMachineSpec(spec as MachineTemplate['template']['spec']),
  ),
};

/** Kinds that differ in their references only: of those the new version keeps name and namespace. */
function references(inSpec: readonly string[], inStatus: readonly string[]): Translation {
  const shortened = (fields: unknown, names: readonly string[]): object => {
    const { templateReference: _gone, ...rest } = (fields ?? {}) as Record<string, unknown>;
    const entries = Object.entries(rest).map(([name, value]) => [
      name,
      names.includes(name) ? nameOf(value as object) : value,
    ]);
    return Object.fromEntries(entries.filter(([, value]) => value !== ''));
  };
  return {
    up: ({ spec, status }) => ({
      spec: shortened(spec, inSpec),
      ...(status !== undefined && { status: shortened(status, inStatus) }),
    }),
    down: ({ spec, status }) => ({ object: { spec: spec ?? {}, ...(status !== undefined && { status }) } }),
  };
}

interface TemplateSpec {
  readonly template: { readonly metadata?: object; readonly spec: object };
}

/** Templates: the metadata of the template is what v1beta1 has no field for. */
function template(newSpec: (spec: object) => object, oldSpec: (spec: object) => object): Translation {
  return {
    up({ spec, status }, kept) {
      const { template: old, ...rest } = spec as TemplateSpec;
      const metadata = (kept?.spec as TemplateSpec | undefined)?.template.metadata;
      const made = { ...(metadata !== undefined && { metadata }), spec: newSpec(old.spec) };
      return { spec: { ...rest, template: made }, ...(status !== undefined && { status }) };
    },
    down({ spec, status }) {
      const { template: present, ...rest } = spec as TemplateSpec;
      const object = {
        spec: { ...rest, template: { spec: oldSpec(present.spec) } },
        ...(status !== undefined && { status }),
      };
      return present.metadata === undefined
        ? { object }
        : { object, kept: { spec: { template: { metadata: present.metadata } } } };
    },
  };
}

/**
 * Translates an object to another served version.
 *
 * @throws TypeError for kinds and versions it does not know
 */
export function convert(object: KubeObject, toApiVersion: string): KubeObject {
  const translation = translations[object.kind];
  const [group, from] = object.apiVersion.split('/');
  const to = toApiVersion.split('/')[1];
  if (translation === undefined || group !== metal3Machine.group)
    throw new TypeError(`${object.kind} of ${object.apiVersion} is not converted here`);
  if (from === to) return object;
  const { metadata, spec, status } = object as KubeObject & Halves;
  if (from === 'v1beta1' && to === 'v1beta2') {
    const { [keptAnnotation]: text, ...annotations } = metadata.annotations ?? {};
    const kept = text === undefined ? undefined : (JSON.parse(text) as Halves);
    return {
      ...head(object, toApiVersion, metadata, annotations),
      ...translation.up({ spec, status }, kept),
    } as KubeObject;
  }
  if (from === 'v1beta2' && to === 'v1beta1') {
    const { object: translated, kept } = translation.down({ spec, status });
    const annotations = {
      ...metadata.annotations,
      ...(kept !== undefined && { [keptAnnotation]: JSON.stringify(kept) }),
    };
    return { ...head(object, toApiVersion, metadata, annotations), ...translated } as KubeObject;
  }
  throw new TypeError(`${object.kind} cannot be converted from ${object.apiVersion} to ${toApiVersion}`);
}

function head({ kind }: KubeObject, apiVersion: string, metadata: ObjectMeta, annotations: Record<string, string>) {
  const { annotations: _replaced, ...rest } = metadata;
  return { apiVersion, kind, metadata: { ...rest, ...(Object.keys(annotations).length > 0 && { annotations }) } };
}
