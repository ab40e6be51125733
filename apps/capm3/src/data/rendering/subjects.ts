import type { BareMetalHost, Metal3Machine } from '@metal3/metal3-api';
import type { Machine } from '../../cluster-api/kinds.ts';

/** The objects that a data template may take values from. */
export interface Subjects {
  readonly machine: Machine;
  readonly metal3machine: Metal3Machine;
  readonly baremetalhost: BareMetalHost;
}

export type SubjectName = keyof Subjects;

/** The template asks for something that is not there, or says something that cannot be; the message names the place. */
export class RenderingError extends Error {
  override readonly name = 'RenderingError';
}

export function subjectName(subjects: Subjects, subject: SubjectName): string {
  return subjects[subject].metadata.name ?? '';
}

export function labelOf(subjects: Subjects, subject: SubjectName, label: string): string | undefined {
  return subjects[subject].metadata.labels?.[label];
}

export function annotationOf(subjects: Subjects, subject: SubjectName, annotation: string): string | undefined {
  return subjects[subject].metadata.annotations?.[annotation];
}

/** @throws RenderingError when the annotation is missing or empty */
export function neededAnnotation(
  subjects: Subjects,
  { object, annotation }: { readonly object: SubjectName; readonly annotation: string },
  field: string,
): string {
  const value = annotationOf(subjects, object, annotation) ?? '';
  if (value === '') throw new RenderingError(`${field}: the ${object} has no annotation ${annotation}`);
  return value;
}

/** MAC address of a NIC that inspection found. @throws RenderingError */
export function nicAddress({ baremetalhost: host }: Subjects, nic: string, field: string): string {
  const nics = host.status?.hardware?.nics ?? [];
  const mac = nics.find(({ name }) => name === nic)?.mac ?? '';
  if (mac !== '') return mac;
  const known = [...new Set(nics.map(({ name }) => name))].join(', ') || 'none';
  throw new RenderingError(`${field}: host ${host.metadata.name} has no NIC "${nic}" (it has: ${known})`);
}
