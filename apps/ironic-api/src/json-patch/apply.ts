import { invalid } from '../faults.ts';
import { pythonText } from '../http/python-text.ts';
import { segmentsOf, type PatchOperation } from './operations.ts';

type Container = Record<string, unknown> | unknown[];

/**
 * Applies operations to nested values of a document, which is not changed; what no operation touches is shared with the result.
 *
 * The reference to RFC 6902 libraries ends at the error texts, which clients match on; these are Ironic's.
 *
 * @throws Fault (400) for an operation whose target does not exist
 */
export function applyPatch<T extends object>(document: T, patch: readonly PatchOperation[]): T {
  let current: unknown = document;
  for (const operation of patch) current = applyAt(current, segmentsOf(operation.path), operation);
  return current as T;
}

function applyAt(target: unknown, [segment = '', ...rest]: readonly string[], operation: PatchOperation): unknown {
  if (target === null || typeof target !== 'object') {
    throw failure(operation, `unable to fully resolve json pointer ${operation.path}, part ${segment}`);
  }
  const copy: Container = Array.isArray(target)
    ? [...(target as unknown[])]
    : { ...(target as Record<string, unknown>) };
  if (rest.length > 0) {
    if (!has(copy, segment)) throw failure(operation, `member '${segment}' not found`);
    set(copy, segment, applyAt(get(copy, segment), rest, operation));
    return copy;
  }
  if (Array.isArray(copy)) changeArray(copy, segment, operation);
  else changeObject(copy, segment, operation);
  return copy;
}

function changeObject(object: Record<string, unknown>, key: string, operation: PatchOperation): void {
  if (operation.op !== 'add' && !Object.hasOwn(object, key)) {
    throw failure(operation, `can't ${operation.op} a non-existent object '${key}'`);
  }
  if (operation.op === 'remove') delete object[key];
  else set(object, key, operation.value);
}

function changeArray(array: unknown[], segment: string, operation: PatchOperation): void {
  const index = segment === '-' ? array.length : Number(segment);
  const last = operation.op === 'add' ? array.length : array.length - 1;
  if (!/^(-|\d+)$/.test(segment) || index > last) {
    throw failure(operation, `can't ${operation.op} outside of list`);
  }
  if (operation.op === 'add') array.splice(index, 0, operation.value);
  else if (operation.op === 'remove') array.splice(index, 1);
  else array[index] = operation.value;
}

const has = (container: Container, key: string): boolean => Object.hasOwn(container, key);
const get = (container: Container, key: string): unknown => (container as Record<string, unknown>)[key];

/** `__proto__` as a key of user data must stay data. */
function set(container: Container, key: string, value: unknown): void {
  Object.defineProperty(container, key, { value, writable: true, enumerable: true, configurable: true });
}

function failure(operation: PatchOperation, reason: string) {
  return invalid(`Couldn't apply patch '${pythonText({ ...operation })}'. Reason: ${reason}`);
}
