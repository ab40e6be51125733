import { formatKey } from '@metal3/kube-client';
import type { BareMetalHost } from '@metal3/metal3-api';

/** `namespace/name` of the HostNetworkAttachments that a host's interfaces name; one without a namespace is in the host's. */
export function attachmentsNamed({ metadata, spec }: BareMetalHost): readonly string[] {
  return (spec.networkInterfaces ?? []).flatMap(({ hostNetworkAttachment: { name = '', namespace = '' } = {} }) =>
    name === '' ? [] : [formatKey({ namespace: namespace || metadata.namespace, name })],
  );
}
