import type { infrastructureV1Beta1 as v1beta1, infrastructureV1Beta2 as v1beta2 } from '@metal3/metal3-api';
import { present, unlessEmpty } from './present.ts';
import { newHealth, oldHealth } from './status.ts';

export function newMachineSpec(spec: v1beta1.Metal3MachineSpec): v1beta2.Metal3MachineSpec {
  const { image, customDeploy, dataTemplate, hostSelector, providerID, failureDomain, automatedCleaningMode } = spec;
  return present({
    providerID: unlessEmpty(providerID),
    image: image && newImage(image),
    customDeploy: customDeploy?.method === '' ? undefined : customDeploy,
    userData: spec.userData,
    metaData: spec.metaData,
    networkData: spec.networkData,
    hostSelector: hostSelector && newSelector(hostSelector),
    dataTemplate: dataTemplate && nameOf(dataTemplate),
    automatedCleaningMode,
    failureDomain: unlessEmpty(failureDomain),
  });
}

export function oldMachineSpec(spec: v1beta2.Metal3MachineSpec): v1beta1.Metal3MachineSpec {
  const { image, hostSelector } = spec;
  return present({
    providerID: spec.providerID,
    image: image && oldImage(image),
    customDeploy: spec.customDeploy,
    userData: spec.userData,
    metaData: spec.metaData,
    networkData: spec.networkData,
    hostSelector: hostSelector && { ...hostSelector },
    dataTemplate: spec.dataTemplate,
    automatedCleaningMode: spec.automatedCleaningMode,
    failureDomain: spec.failureDomain,
  });
}

export function newMachineStatus(status: v1beta1.Metal3MachineStatus): v1beta2.Metal3MachineStatus {
  const { addresses, renderedData, lastUpdated, userData, metaData, networkData } = status;
  return present({
    ...newHealth(status),
    addresses: addresses?.length === 0 ? undefined : addresses,
    renderedData: renderedData && nameOf(renderedData),
    lastUpdated,
    userData,
    metaData,
    networkData,
  });
}

export function oldMachineStatus(status: v1beta2.Metal3MachineStatus): v1beta1.Metal3MachineStatus {
  const { addresses, renderedData, lastUpdated, userData, metaData, networkData } = status;
  return present({ ...oldHealth(status), addresses, renderedData, lastUpdated, userData, metaData, networkData });
}

type OldImage = NonNullable<v1beta1.Metal3MachineSpec['image']>;
type NewImage = NonNullable<v1beta2.Metal3MachineSpec['image']>;

/** A machine with a custom deploy step has an image without URL in the old version, and none in the new. */
function newImage({ url, checksum, checksumType, format }: OldImage): NewImage | undefined {
  if (url === '') return undefined;
  return present({
    url,
    checksum: unlessEmpty(checksum),
    checksumType: unlessEmpty(checksumType),
    diskFormat: unlessEmpty(format),
  });
}

function oldImage({ url, checksum, checksumType, diskFormat }: NewImage): OldImage {
  return present({ url, checksum, checksumType, format: diskFormat });
}

type OldSelector = NonNullable<v1beta1.Metal3MachineSpec['hostSelector']>;
type NewSelector = NonNullable<v1beta2.Metal3MachineSpec['hostSelector']>;

function newSelector({ matchLabels, matchExpressions }: OldSelector): NewSelector | undefined {
  const expressions = matchExpressions?.map(({ key, operator, values = [] }) => ({ key, operator, values }));
  const selector = present({
    matchLabels,
    matchExpressions: expressions?.length === 0 ? undefined : expressions,
  });
  return Object.keys(selector).length > 0 ? selector : undefined;
}

/** Of a reference, what the new version keeps: the rest of an object reference was never used. */
export function nameOf({ name, namespace }: { name?: string; namespace?: string }): {
  name?: string;
  namespace?: string;
} {
  return present({ name: unlessEmpty(name), namespace: unlessEmpty(namespace) });
}
