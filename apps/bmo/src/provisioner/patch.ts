import { sameJson, type Json, type JsonObject } from '../kernel.ts';
import type { NodePatch, NodePatchOperation } from './node.ts';

/**
 * Operations that turn `actual` into `wanted`, key by key: null means the key must be absent, keys not named are left alone.
 *
 * @param prefix JSON pointer of the object, e.g. "/driver_info"; "" for the node itself
 */
export function patchTowards(prefix: string, actual: JsonObject, wanted: Readonly<Record<string, Json>>): NodePatch {
  return Object.entries(wanted).flatMap(([key, value]): NodePatchOperation[] => {
    const path = `${prefix}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const present = Object.hasOwn(actual, key) && actual[key] !== null;
    if (value === null) return present ? [{ op: 'remove', path }] : [];
    return present && sameJson(actual[key], value) ? [] : [{ op: 'add', path, value }];
  });
}
