import type { Call } from '../http/server.ts';
import type { ManagedMachine } from '../machine/managed-machine.ts';
import type { Bmc } from './bmc.ts';
import { RedfishError } from './error.ts';

/** A request that passed authentication, for one machine. */
export interface RedfishRequest {
  readonly bmc: Bmc;
  readonly machine: ManagedMachine;
  readonly call: Call;
  /** The named parts of the path after the machine's id. */
  readonly params: Readonly<Record<string, string>>;
  /** The JSON object sent; empty when there was no body. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** What a handler other than GET answers. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export const noContent: Answer = { status: 204 };

/** A property of a PATCH body that must be one of a list. @throws RedfishError */
export function oneOf<Value extends string>(name: string, value: unknown, allowed: readonly Value[]): Value {
  if (typeof value !== 'string') throw new RedfishError('PropertyValueTypeError', [JSON.stringify(value), name]);
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw new RedfishError('PropertyValueNotInList', [value, name]);
  return found;
}

/** A parameter of an action that must be one of a list. @throws RedfishError */
export function parameterOneOf<Value extends string>(
  action: string,
  name: string,
  value: unknown,
  allowed: readonly Value[],
): Value {
  if (value === undefined) throw new RedfishError('ActionParameterMissing', [action, name]);
  if (typeof value !== 'string')
    throw new RedfishError('ActionParameterValueTypeError', [JSON.stringify(value), name, action]);
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw new RedfishError('ActionParameterValueNotInList', [value, name, action]);
  return found;
}

/** A parameter that must be a text. @throws RedfishError when missing or of another type */
export function parameterText(action: string, name: string, value: unknown): string {
  if (value === undefined || value === '') throw new RedfishError('ActionParameterMissing', [action, name]);
  if (typeof value !== 'string')
    throw new RedfishError('ActionParameterValueTypeError', [JSON.stringify(value), name, action]);
  return value;
}

/** Refuses a PATCH that touches anything but `writable`. @throws RedfishError */
export function onlyWritable(
  body: Readonly<Record<string, unknown>>,
  writable: readonly string[],
  present: Readonly<Record<string, unknown>>,
): void {
  for (const name of Object.keys(body)) {
    if (writable.includes(name)) continue;
    throw new RedfishError(name in present ? 'PropertyNotWritable' : 'PropertyUnknown', [name]);
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A collection's body. */
export function collection(
  id: string,
  type: string,
  name: string,
  members: readonly string[],
): Record<string, unknown> {
  return {
    '@odata.id': id,
    '@odata.type': `#${type}.${type}`,
    Name: name,
    'Members@odata.count': members.length,
    Members: members.map((member) => ({ '@odata.id': member })),
  };
}

export const link = (id: string) => ({ '@odata.id': id });
export const healthy = { State: 'Enabled', Health: 'OK' } as const;
