import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs, type Timestamp } from '@bufbuild/protobuf/wkt';
import type { HostSchema } from '@metal3/host-client';
import type { BareMetalHost } from '@metal3/metal3-api';

/** A host as people talk about it. @param progress what Ironic says it is doing now */
export function hostMessage(host: BareMetalHost, progress: string): MessageInitShape<typeof HostSchema> {
  const { metadata, spec, status } = host;
  const { consumerRef } = spec;
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    state: status?.provisioning.state ?? '',
    ...time('stateSince', stateSince(host)),
    online: spec.online,
    poweredOn: status?.poweredOn ?? false,
    operationalStatus: status?.operationalStatus ?? '',
    errorType: status?.errorType ?? '',
    errorMessage: status?.errorMessage ?? '',
    errorCount: status?.errorCount ?? 0,
    bmcAddress: withoutUserinfo(spec.bmc?.address ?? ''),
    bootMacAddress: spec.bootMACAddress ?? '',
    imageUrl: status?.provisioning.image?.url || (spec.image?.url ?? ''),
    consumer:
      consumerRef === undefined
        ? ''
        : [consumerRef.kind, consumerRef.namespace, consumerRef.name].map((part) => part ?? '').join('/'),
    nodeUuid: status?.provisioning.ID ?? '',
    progress,
    ...time('createdAt', metadata.creationTimestamp),
    ...time('deletionRequestedAt', metadata.deletionTimestamp),
    labels: metadata.labels ?? {},
  };
}

/** No field holds it: the latest change of a condition is when the host last changed its mind. */
function stateSince({ status }: BareMetalHost): string | undefined {
  return (status?.conditions ?? [])
    .map(({ lastTransitionTime }) => lastTransitionTime)
    .sort()
    .at(-1);
}

function time<Name extends string>(name: Name, text: string | undefined): Partial<Record<Name, Timestamp>> {
  if (text === undefined) return {};
  return { [name]: timestampFromMs(Date.parse(text)) } as Record<Name, Timestamp>;
}

function withoutUserinfo(address: string): string {
  return address.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1');
}
