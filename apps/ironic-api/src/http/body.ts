import { Fault, invalid } from '../faults.ts';
import { maySpellNul, refuseNul, withoutNul } from './nul.ts';

const mebibyte = 1024 * 1024;
/** Largest bodies in bytes: of most requests, of a deployment with its config drive, of an agent's inspection report. */
export const bodyLimits = { default: mebibyte, provision: 64 * mebibyte, inspection: 16 * mebibyte };

const deepest = 25;

export type NulHandling = 'refused' | 'dropped';

/**
 * The value of a request body.
 *
 * @param contentType media type without parameters, lower case
 * @param nul what becomes of NUL characters: people and clients are told, what machines report is cleaned of them
 * @throws Fault (400) for malformed JSON, a form body, a NUL character, or nesting deeper than 25 levels
 */
export function parseBody(contentType: string, text: string, nul: NulHandling = 'refused'): unknown {
  if (text === '') return undefined;
  if (contentType === 'text/plain') return undefined;
  if (contentType !== 'application/json' && contentType !== 'application/json-patch+json') {
    throw invalid(`Unexpected arguments: ${text.slice(0, 100)}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Fault(
      'invalid-argument',
      `The request body is not valid JSON: ${(cause as Error).message}`,
      'fault',
      cause,
    );
  }
  if (deeperThan(value, deepest)) {
    throw new Fault('invalid-argument', `JSON body exceeds the maximum nesting depth of ${deepest}`, 'flat');
  }
  if (maySpellNul(text)) {
    if (nul === 'dropped') return withoutNul(value) ?? undefined;
    refuseNul(value);
  }
  return value ?? undefined;
}

function deeperThan(value: unknown, levels: number): boolean {
  if (value === null || typeof value !== 'object') return false;
  if (levels === 0) return true;
  return Object.values(value).some((inner) => deeperThan(inner, levels - 1));
}

/** A body that must be an object of arguments; without one the query may carry them (`PUT ...?target=abort`). */
export function argumentsOf(
  body: unknown,
  query: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  if (body === undefined) return query;
  if (body === null || typeof body !== 'object' || Array.isArray(body))
    throw invalid('The request body must be a JSON object');
  return body as Readonly<Record<string, unknown>>;
}
