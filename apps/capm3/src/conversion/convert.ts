import type { KubeObject, ObjectMeta } from '@metal3/kube-client';
import {
  metal3Cluster,
  metal3ClusterTemplate,
  metal3Data,
  metal3DataClaim,
  metal3DataTemplate,
  metal3Machine,
  metal3MachineTemplate,
  metal3Remediation,
  metal3RemediationTemplate,
} from '@metal3/metal3-api';
import { newClusterSpec, newClusterStatus, oldClusterSpec, oldClusterStatus } from './cluster.ts';
import {
  newDataTemplateSpec,
  newDataTemplateStatus,
  oldDataTemplateSpec,
  oldDataTemplateStatus,
} from './data-template.ts';
import { newMachineSpec, newMachineStatus, oldMachineSpec, oldMachineStatus } from './machine.ts';
import {
  newRemediationSpec,
  newRemediationStatus,
  newRemediationTemplateStatus,
  oldRemediationSpec,
  oldRemediationStatus,
  oldRemediationTemplateStatus,
} from './remediation.ts';
import { halves, references, template, type Halves, type Translation } from './translation.ts';

/** The kinds whose two served versions this service translates. */
export const convertedKinds = [
  metal3Cluster,
  metal3ClusterTemplate,
  metal3Machine,
  metal3MachineTemplate,
  metal3DataTemplate,
  metal3DataClaim,
  metal3Data,
  metal3Remediation,
  metal3RemediationTemplate,
] as const;

const clusterSpec = { up: newClusterSpec, down: oldClusterSpec };
const machineSpec = { up: newMachineSpec, down: oldMachineSpec };
const dataTemplateSpec = { up: newDataTemplateSpec, down: oldDataTemplateSpec };
const remediationSpec = { up: newRemediationSpec, down: oldRemediationSpec };

const translations: Readonly<Record<string, Translation>> = {
  Metal3Cluster: halves(clusterSpec, { up: newClusterStatus, down: oldClusterStatus }),
  Metal3ClusterTemplate: template(clusterSpec),
  Metal3Machine: halves(machineSpec, { up: newMachineStatus, down: oldMachineStatus }),
  Metal3MachineTemplate: template(machineSpec),
  Metal3DataTemplate: halves(dataTemplateSpec, { up: newDataTemplateStatus, down: oldDataTemplateStatus }),
  Metal3DataClaim: references(['template'], ['renderedData']),
  Metal3Data: references(['template', 'claim'], []),
  Metal3Remediation: halves(remediationSpec, { up: newRemediationStatus, down: oldRemediationStatus }),
  Metal3RemediationTemplate: template(remediationSpec, {
    up: newRemediationTemplateStatus,
    down: oldRemediationTemplateStatus,
  }),
};

/** What the old version has no field for travels in this annotation, as JSON. */
const keptAnnotation = 'cluster.x-k8s.io/conversion-data';

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
    return {
      ...head(object, toApiVersion, metadata, annotations),
      ...translation.up({ spec, status }, text === undefined ? undefined : parseKept(text)),
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

/** Anybody may write the annotation. An object that cannot be read would take every list of its kind with it. */
function parseKept(text: string): Halves | undefined {
  try {
    const kept: unknown = JSON.parse(text);
    return typeof kept === 'object' && kept !== null ? kept : undefined;
  } catch {
    return undefined;
  }
}

function head({ kind }: KubeObject, apiVersion: string, metadata: ObjectMeta, annotations: Record<string, string>) {
  const { annotations: _replaced, ...rest } = metadata;
  return { apiVersion, kind, metadata: { ...rest, ...(Object.keys(annotations).length > 0 && { annotations }) } };
}
