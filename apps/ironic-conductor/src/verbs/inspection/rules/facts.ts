import { isJsonObject, type Json, type JsonObject } from '@metal3/node';

/** What rules look at and change: names are those of the REST API. */
export interface Facts {
  readonly node: JsonObject;
  readonly traits: readonly string[];
  /** As the agent reported it; rules cannot change it. */
  readonly inventory: JsonObject;
  readonly plugin_data: JsonObject;
  /** As they will be after this inspection. */
  readonly ports: readonly JsonObject[];
}

/** A rule that cannot be carried out as it is written. The message completes "inspection rule X: ". */
export class RuleProblem extends Error {
  override readonly name = 'RuleProblem';
}

const segmentsOf = (path: string): readonly string[] => {
  const segments = path.replace(/^\//, '').split('/');
  if (segments.some((segment) => segment === ''))
    throw new RuleProblem(`"${path}" is no path; write it like /extra/rack`);
  return segments.map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
};

/** The value at a path, undefined where there is none. */
export function valueAt(document: JsonObject, path: string): Json | undefined {
  return segmentsOf(path).reduce<Json | undefined>(
    (value, segment) => (isJsonObject(value) && Object.hasOwn(value, segment) ? value[segment] : undefined),
    document,
  );
}

/** A copy with a value at a path; objects on the way are made, and undefined removes. */
export function withValueAt(document: JsonObject, path: string, value: Json | undefined): JsonObject {
  return replaced(document, segmentsOf(path), value, path);
}

function replaced(
  document: JsonObject,
  [segment = '', ...rest]: readonly string[],
  value: Json | undefined,
  path: string,
): JsonObject {
  const { [segment]: before, ...others } = document;
  if (rest.length === 0) return value === undefined ? others : { ...others, [segment]: value };
  if (before !== undefined && before !== null && !isJsonObject(before))
    throw new RuleProblem(`${path} leads through "${segment}", which is not an object`);
  if (before === undefined && value === undefined) return document;
  return { ...others, [segment]: replaced(before ?? {}, rest, value, path) };
}

/** A copy with something added to the list at a path; `unique` leaves out what is there already. */
export function extendedAt(document: JsonObject, path: string, value: Json, unique: boolean): JsonObject {
  const before = valueAt(document, path) ?? [];
  if (!Array.isArray(before)) throw new RuleProblem(`${path} is not a list`);
  const known = before.some((item) => JSON.stringify(item) === JSON.stringify(value));
  return unique && known ? document : withValueAt(document, path, [...before, value]);
}
