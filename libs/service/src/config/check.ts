import { isListenAddress } from '../listen.ts';
import type { FieldSchema } from './fields.ts';
import { parseDuration } from './types.ts';

/**
 * What is wrong with a value, as the end of a sentence; undefined when nothing is. Covers the part of JSON Schema that settings use,
 * because a general validator costs every process 20 MiB.
 */
export function checkValue(schema: FieldSchema, value: unknown): string | undefined {
  if (schema.kind === 'duration') {
    return typeof value === 'string' && parseDuration(value) !== undefined
      ? undefined
      : 'is not a duration such as 500ms, 30s or 1h30m';
  }
  if (schema.kind === 'listen' && typeof value === 'string') {
    // Empty is for none, where a service takes that.
    const known = isListenAddress(value) || (value === '' && schema.default === '');
    return known ? undefined : 'is not an address to listen on, host:port such as 127.0.0.1:8080';
  }
  if (schema.enum !== undefined) {
    return schema.enum.includes(value) ? undefined : `is not one of ${schema.enum.map(String).join(', ')}`;
  }
  switch (schema.type) {
    case 'string':
      return typeof value === 'string' ? checkText(schema, value) : 'is not a string';
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'is not true or false';
    case 'integer':
      return Number.isSafeInteger(value) ? checkNumber(schema, Number(value)) : 'is not an integer';
    case 'number':
      return typeof value === 'number' && Number.isFinite(value) ? checkNumber(schema, value) : 'is not a number';
    case 'array':
      return Array.isArray(value) ? checkItems(schema, value) : 'is not a list';
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value) ? undefined : 'is not a mapping';
    default:
      return undefined;
  }
}

function checkText({ pattern, minLength = 0 }: FieldSchema, value: string): string | undefined {
  if (value.length < minLength) return minLength === 1 ? 'is empty' : `has fewer than ${minLength} characters`;
  return pattern === undefined || new RegExp(pattern, 'u').test(value) ? undefined : `does not match ${pattern}`;
}

function checkNumber({ minimum, maximum }: FieldSchema, value: number): string | undefined {
  if (minimum !== undefined && value < minimum) return `is less than ${minimum}`;
  return maximum !== undefined && value > maximum ? `is more than ${maximum}` : undefined;
}

function checkItems({ items, minItems = 0 }: FieldSchema, values: readonly unknown[]): string | undefined {
  if (values.length < minItems) return `has fewer than ${minItems} items`;
  if (items === undefined) return undefined;
  for (const [index, value] of values.entries()) {
    const problem = checkValue(items, value);
    if (problem !== undefined) return `: item ${index + 1} ${problem}`;
  }
  return undefined;
}
