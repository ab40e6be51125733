import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { MachineSchema } from '@metal3/machine-client';
import { findCondition } from '@metal3/kube-controller';
import type { Metal3Machine } from '@metal3/metal3-api';
import { clusterNameLabel, ownerName } from '../cluster-api/kinds.ts';
import { hostAnnotation } from '../machine/observe.ts';

/** A Metal3Machine as metal3.machine.v1 shows it. */
export function machineMessage({ metadata, spec, status }: Metal3Machine): MessageInitShape<typeof MachineSchema> {
  const ready = findCondition(status?.conditions, 'Ready');
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    cluster: metadata.labels?.[clusterNameLabel] ?? '',
    machine: ownerName(metadata, 'Machine') ?? '',
    host: metadata.annotations?.[hostAnnotation] ?? '',
    providerId: spec.providerID ?? '',
    ready: ready?.status === 'True',
    reason: ready?.reason ?? '',
    message: ready?.message ?? '',
    addresses: (status?.addresses ?? []).map(({ address }) => address),
    ...timeField('createdAt', metadata.creationTimestamp),
    ...timeField('deletionRequestedAt', metadata.deletionTimestamp),
  };
}

function timeField(field: 'createdAt' | 'deletionRequestedAt', text: string | undefined) {
  return text === undefined ? {} : { [field]: timestampFromMs(Date.parse(text)) };
}
