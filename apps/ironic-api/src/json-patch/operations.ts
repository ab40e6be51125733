import { invalid } from '../faults.ts';
import { pythonText } from '../http/python-text.ts';

/** One operation of a JSON patch as Ironic accepts it: RFC 6902 without test, move and copy. */
export interface PatchOperation {
  readonly op: 'add' | 'replace' | 'remove';
  readonly path: string;
  readonly value?: unknown;
}

const operations = ['add', 'replace', 'remove'];
const pathPattern = /^(\/[\w-]+)+$/;
/** From 1.98 on a path may be any JSON pointer. */
const pointerPattern = /^(\/([^~/]|~0|~1)+)+$/;
const keys = new Set(['op', 'path', 'value']);

/**
 * The operations of a request body, checked for form.
 *
 * @throws Fault (400) in the words of Ironic's schema
 */
export function parsePatch(body: unknown, minor: number): readonly PatchOperation[] {
  if (!Array.isArray(body)) throw invalid(`Schema error for patch: ${pythonText(body)} is not of type 'array'`);
  return body.map((item: unknown) => parseOperation(item, minor));
}

function parseOperation(item: unknown, minor: number): PatchOperation {
  const refuse = (why: string) => invalid(`Schema error for patch: ${why}`);
  if (item === null || typeof item !== 'object' || Array.isArray(item)) {
    throw refuse(`${pythonText(item)} is not of type 'object'`);
  }
  const { op, path, value } = item as Record<string, unknown>;
  if (op === undefined) throw refuse(`'op' is a required property`);
  if (typeof op !== 'string' || !operations.includes(op)) {
    throw refuse(`${pythonText(op)} is not one of ${pythonText(operations)}`);
  }
  if (path === undefined) throw refuse(`'path' is a required property`);
  if (typeof path !== 'string') throw refuse(`${pythonText(path)} is not of type 'string'`);
  if (!(minor >= 98 ? pointerPattern : pathPattern).test(path)) {
    throw refuse(`${pythonText(path)} does not match '^(/[\\\\w-]+)+$'`);
  }
  const extra = Object.keys(item).filter((key) => !keys.has(key));
  if (extra.length > 0) {
    throw refuse(
      `Additional properties are not allowed (${extra.map(pythonText).join(', ')} ${extra.length > 1 ? 'were' : 'was'} unexpected)`,
    );
  }
  if (op !== 'remove' && !('value' in item)) throw refuse(`'value' is a required property for ${op} ${path}`);
  return op === 'remove' ? { op, path } : { op: op as 'add' | 'replace', path, value };
}

/** The first segment of a path: the attribute that is patched. */
export const rootOf = (operation: PatchOperation): string => segmentsOf(operation.path)[0] ?? '';

export const segmentsOf = (path: string): string[] =>
  path
    .slice(1)
    .split('/')
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
