import type { Call, ServiceImplementation } from '@metal3/grpc';
import { readJson } from '@metal3/ironic-client';
import { invalid } from '../faults.ts';
import { maximumMinor } from '../http/microversion.ts';
import { refuseNul } from '../http/nul.ts';
import type { Caller } from '../nodes/perform.ts';
import { translateError } from '../store-faults.ts';

/** gRPC clients always speak the newest version of the resources; only REST clients negotiate. */
export const newest = maximumMinor;

/** Runs a handler; whatever a library refuses reaches the client with a code of this service's table. */
export async function answer<T>(handle: () => Promise<T>): Promise<T> {
  try {
    return await handle();
  } catch (error) {
    throw translateError(error);
  }
}

/** The same for a stream. */
export async function* answers<T>(stream: () => AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* stream();
  } catch (error) {
    throw translateError(error);
  }
}

export const callerOf = (
  call: Call,
  { requestId, expectedRevision }: { readonly requestId?: string; readonly expectedRevision?: bigint } = {},
): Caller => ({
  principal: { name: call.principal.name },
  ...(requestId === undefined || requestId === '' ? {} : { requestId, loggedAs: requestId }),
  ...(expectedRevision === undefined || expectedRevision === 0n ? {} : { expectedRevision: Number(expectedRevision) }),
});

/** A service whose messages are refused, as a whole, when a text in them could not be stored. JSON fields are looked at where they are read. */
export function screened({ service, methods }: ServiceImplementation): ServiceImplementation {
  type Method = (request: unknown, call: Call) => unknown;
  const screen =
    (method: Method): Method =>
    (request, call) => {
      refuseNul(request);
      return method(request, call);
    };
  return {
    service,
    methods: Object.fromEntries(Object.entries(methods).map(([name, method]) => [name, screen(method as Method)])),
  };
}

/** A JSON field of a message. @throws Fault (400) naming the field when it is no JSON or holds a NUL character */
export function jsonField(name: string, bytes: Uint8Array): unknown {
  let value: unknown;
  try {
    value = readJson(bytes);
  } catch {
    throw invalid(`${name} is not valid JSON`);
  }
  refuseNul(value, name);
  return value;
}

/** A JSON object of a message; an absent one is empty. */
export function objectField(name: string, bytes: Uint8Array): Readonly<Record<string, unknown>> {
  const value = jsonField(name, bytes) ?? {};
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw invalid(`${name} must be a JSON object`);
  return value as Readonly<Record<string, unknown>>;
}

/** Absent text is empty on the wire. */
export const given = (text: string): string | undefined => (text === '' ? undefined : text);
