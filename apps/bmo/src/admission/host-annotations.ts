import { BareMetalHostStatus, HardwareDetails, type BareMetalHost } from '@metal3/metal3-api';
import { annotations, rebootRequests } from '../host/annotations.ts';
import { readHardware, readStatus } from '../host/restoration.ts';
import { inspectionDisabled } from '../host/view.ts';
import { violation, when, type Violation } from './violation.ts';

/** Annotations are instructions: what cannot be understood is refused, rather than guessed at later. */
export function annotationViolations(host: BareMetalHost): readonly Violation[] {
  const present = host.metadata.annotations ?? {};
  const inspect = present[annotations.inspect];
  const details = present[annotations.hardwareDetails];
  return [
    ...statusViolations(field(annotations.status), present[annotations.status]),
    ...rebootViolations(present),
    ...when(
      inspect !== undefined && inspect !== '' && inspect !== 'disabled',
      field(annotations.inspect),
      `invalid value "${inspect}": use "disabled" or ""`,
    ),
    ...when(
      Boolean(inspect) &&
        host.spec.inspectionMode !== undefined &&
        (inspect === 'disabled') !== (host.spec.inspectionMode === 'disabled'),
      field(annotations.inspect),
      'contradicts spec.inspectionMode: remove the annotation',
    ),
    ...(details ? detailsViolations(field(annotations.hardwareDetails), details, host) : []),
  ];
}

/** Requests to reboot, of a host or of a claim. */
export function rebootViolations(present: Readonly<Record<string, string>> | undefined): readonly Violation[] {
  return rebootRequests(present)
    .filter(({ invalid }) => invalid)
    .map(({ key }) =>
      violation(field(key), 'must be empty or JSON such as {"mode":"hard","force":true}; mode is hard or soft'),
    );
}

function field(name: string): string {
  return `metadata.annotations[${name}]`;
}

function statusViolations(field: string, text: string | undefined): readonly Violation[] {
  if (text === undefined) return [];
  const status = parse(text);
  if (status === undefined) return [violation(field, 'is not a JSON object: write a whole status')];
  const unknown = unknownKeys(BareMetalHostStatus, status);
  if (unknown.length > 0) return [violation(field, `has unknown fields: ${unknown.join(', ')}`)];
  const values = ['operationalStatus', 'errorType'].flatMap((name) => {
    const allowed = optionsOf(BareMetalHostStatus, name);
    const value: unknown = Reflect.get(status, name);
    return when(
      value !== undefined && value !== '' && !allowed.includes(String(value)),
      field,
      `invalid ${name} ${JSON.stringify(value)}: use one of ${allowed.filter((option) => option !== '').join(', ')}`,
    );
  });
  if (values.length > 0) return values;
  return when(readStatus(text) === undefined, field, 'has a field of the wrong type, or an unknown provisioning state');
}

function detailsViolations(field: string, text: string, host: BareMetalHost): readonly Violation[] {
  const details = parse(text);
  if (details === undefined) return [violation(field, 'is not a JSON object: write hardware details')];
  const unknown = unknownKeys(HardwareDetails, details);
  return [
    ...when(unknown.length > 0, field, `has unknown fields: ${unknown.join(', ')}`),
    ...when(unknown.length === 0 && readHardware(text) === undefined, field, 'has a field of the wrong type'),
    ...when(
      !inspectionDisabled(host),
      field,
      'is only used when inspection is disabled: set spec.inspectionMode to disabled',
    ),
  ];
}

function parse(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly enum?: readonly unknown[];
  readonly type?: unknown;
}

/** Keys that the schema does not name, as dotted paths; free-form maps may hold anything. */
function unknownKeys(described: object, value: unknown, path = ''): readonly string[] {
  const schema: SchemaNode = described;
  if (Array.isArray(value))
    return value.flatMap((item) => (schema.items === undefined ? [] : unknownKeys(schema.items, item, path)));
  if (typeof value !== 'object' || value === null || schema.properties === undefined) return [];
  return Object.entries(value).flatMap(([key, child]) => {
    const known = schema.properties?.[key];
    return known === undefined ? [`${path}${key}`] : unknownKeys(known, child, `${path}${key}.`);
  });
}

function optionsOf(described: object, field: string): readonly string[] {
  const schema: SchemaNode = described;
  return (schema.properties?.[field]?.enum ?? []).map(String);
}
