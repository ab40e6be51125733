import type { Json, JsonObject } from '@metal3/node';
import { invalid, notAcceptable } from '../faults.ts';
import { isLogicalName, parseUuid } from '../http/query.ts';
import { freeForm, schemaCheck, text } from '../http/schema.ts';
import { checkTrait } from '../traits/names.ts';

const check = schemaCheck('allocation', {
  type: 'object',
  properties: {
    uuid: text(),
    name: text(255),
    resource_class: text(80),
    traits: { type: ['array', 'null'], items: { type: 'string' } },
    candidate_nodes: { type: ['array', 'null'], items: { type: 'string' } },
    extra: freeForm,
    owner: text(255),
    node: text(),
  },
  additionalProperties: false,
});

/** What a user asks for, its form checked. */
export interface AllocationRequest {
  readonly uuid: string | undefined;
  readonly name: string | null;
  readonly resourceClass: string | undefined;
  readonly candidateNodes: readonly string[];
  /** A node that is in use already, whose allocation is to be recorded. */
  readonly node: string | undefined;
  readonly body: JsonObject;
}

/** @throws Fault 400 for a body that cannot become an allocation, 406 for arguments newer than the version */
export function readAllocation(given: unknown, minor: number): AllocationRequest {
  check(given ?? {});
  const { uuid, name, resource_class, traits, candidate_nodes, extra, owner, node } = (given ?? {}) as {
    readonly [key: string]: Json;
  };
  const absent = (value: unknown): boolean => value === undefined || value === null;
  if (!absent(node) && minor < 58) throw notAcceptable();
  if (!absent(owner) && minor < 60) throw notAcceptable();
  if (absent(resource_class) && absent(node)) {
    throw invalid("Schema error for allocation: 'resource_class' is a required property");
  }
  if (!absent(name) && !isLogicalName(String(name)))
    throw invalid(`Cannot create allocation with invalid name '${String(name)}'`);
  return {
    uuid: absent(uuid) ? undefined : parseUuid('uuid', uuid),
    name: absent(name) ? null : String(name),
    resourceClass: absent(resource_class) ? undefined : String(resource_class),
    candidateNodes: (candidate_nodes ?? []) as readonly string[],
    node: absent(node) ? undefined : String(node),
    body: {
      traits: ((traits ?? []) as readonly string[]).map(checkTrait),
      extra: extra ?? {},
      owner: owner ?? null,
    },
  };
}
