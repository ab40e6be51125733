import type { Metal3DataTemplateSpec } from '@metal3/metal3-api';
import { addressFrom, type PoolAddresses } from './pools.ts';
import { annotationOf, labelOf, nicAddress, RenderingError, subjectName, type Subjects } from './subjects.ts';

type MetaDataTemplate = NonNullable<Metal3DataTemplateSpec['metaData']>;

export interface MetaDataSources {
  readonly subjects: Subjects;
  readonly addresses: PoolAddresses;
  readonly index: number;
  readonly namespace: string;
}

/**
 * The keys of a machine's metadata. Where two parts of the template give the same key the later part wins, in the order in which
 * they stand here; `providerid` is always there.
 *
 * @throws RenderingError
 */
export function renderMetaData(template: MetaDataTemplate, sources: MetaDataSources): Readonly<Record<string, string>> {
  const { subjects, addresses, index, namespace } = sources;
  const rendered: Record<string, string> = {};
  for (const { key, interface: nic, fromBootMAC } of template.fromHostInterfaces ?? []) {
    rendered[key] = fromBootMAC === true ? bootMac(subjects, key) : nicAddress(subjects, nic ?? '', `metaData.${key}`);
  }
  for (const { key, name } of template.ipAddressesFromPool ?? []) {
    rendered[key] = addressFrom(addresses, { name }, `metaData.${key}`).address;
  }
  for (const { key, name } of template.prefixesFromPool ?? []) {
    const { prefix } = addressFrom(addresses, { name }, `metaData.${key}`);
    rendered[key] = prefix === undefined ? '' : String(prefix);
  }
  for (const { key, name } of template.gatewaysFromPool ?? []) {
    rendered[key] = addressFrom(addresses, { name }, `metaData.${key}`).gateway ?? '';
  }
  for (const { key, name } of template.dnsServersFromPool ?? []) {
    rendered[key] = addressFrom(addresses, { name }, `metaData.${key}`).dnsServers.join(',');
  }
  for (const { key, offset = 0, step, prefix = '', suffix = '' } of template.indexes ?? []) {
    rendered[key] = `${prefix}${offset + index * (step || 1)}${suffix}`;
  }
  for (const { key } of template.namespaces ?? []) rendered[key] = namespace;
  for (const { key, object } of template.objectNames ?? []) rendered[key] = subjectName(subjects, object);
  for (const { key, object, label } of template.fromLabels ?? []) {
    rendered[key] = labelOf(subjects, object, label) ?? '';
  }
  for (const { key, object, annotation } of template.fromAnnotations ?? []) {
    rendered[key] = annotationOf(subjects, object, annotation) ?? '';
  }
  for (const { key, value } of template.strings ?? []) rendered[key] = value;
  rendered['providerid'] = [
    namespace,
    subjectName(subjects, 'baremetalhost'),
    subjectName(subjects, 'metal3machine'),
  ].join('/');
  return rendered;
}

function bootMac({ baremetalhost: host }: Subjects, key: string): string {
  if (host.spec.bootMACAddress) return host.spec.bootMACAddress;
  throw new RenderingError(`metaData.${key}: host ${host.metadata.name} has no spec.bootMACAddress`);
}
