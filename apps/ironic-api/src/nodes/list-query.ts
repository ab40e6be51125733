import { faults, isProvisionState } from '@metal3/node';
import { nodeSortKeys, type ListOptions, type NodeFilter, type NodeSortKey } from '@metal3/node-store';
import { invalid, notAcceptable } from '../faults.ts';
import { Query, type RawQuery } from '../http/query.ts';
import { checkSortKey, defaultListSpelled, fullFields, listFields, selectedFields, sinceOf } from './fields.ts';

/** A list request, read. */
export interface NodeListQuery {
  readonly options: ListOptions<NodeSortKey, NodeFilter> & { readonly limit: number };
  /** Attributes of each entry; the same array for the same question, so that prepared serializers are found again. */
  readonly fields: readonly string[];
  readonly full: boolean;
  /** Host name of the conductor whose nodes are wanted. */
  readonly conductor: string | undefined;
  /** A question about one instance has at most one answer, and no following page. */
  readonly paged: boolean;
  /** The query of the following page, less its marker. */
  readonly next: ReadonlyArray<readonly [string, string]>;
}

const filterNames = [
  ...[
    'instance_uuid',
    'chassis_uuid',
    'associated',
    'maintenance',
    'retired',
    'provision_state',
    'driver',
    'resource_class',
  ],
  ...[
    'fault',
    'conductor_group',
    'conductor',
    'owner',
    'lessee',
    'project',
    'description_contains',
    'shard',
    'sharded',
  ],
  ...['include_children', 'parent_node', 'instance_name'],
];

/**
 * Reads the query of GET /v1/nodes (or of /v1/nodes/detail).
 *
 * @throws Fault 400 for values and names that mean nothing, 406 for filters newer than the version
 */
export function readNodeList(raw: RawQuery, minor: number, detailPath: boolean, maxLimit: number): NodeListQuery {
  const query = new Query(raw, minor);
  const chosen = detailPath ? undefined : query.list('fields', 8);
  const detail = detailPath || query.detail();
  if (detail && chosen !== undefined) throw invalid('Can not specify ?detail=True and fields in the same request.');

  const filter = readFilter(query);
  const conductor = query.text('conductor', 49);
  const sortKey = query.text('sort_key') ?? 'id';
  const sortDir = readDirection(query);
  const limit = readLimit(query.integer('limit'), maxLimit);
  const marker = query.uuid('marker');
  // Go clients send this filter although no version of the API has it.
  query.text('health');
  query.refuseOthers();
  checkSortKey(sortKey, minor);
  const fields = detail ? fullFields(minor) : chosen === undefined ? listFieldsOf(minor) : chosenFields(chosen, minor);
  const storedSortKey = camelCase(sortKey);

  return {
    options: { filter, sortKey: storedSortKey, sortDir, limit, ...(marker === undefined ? {} : { marker }) },
    fields,
    full: detail,
    conductor,
    paged: filter.instanceUuid === undefined,
    next: [
      ['sort_key', sortKey],
      ['sort_dir', sortDir],
      ...(detail ? (detailPath ? [] : [['detail', 'True'] as const]) : [['fields', spelled(chosen, minor)] as const]),
      ...keptFilters(raw),
      ['limit', String(limit)],
    ],
  };
}

function readFilter(query: Query): NodeFilter {
  const provisionState = query.text('provision_state', 9);
  if (provisionState !== undefined && !isProvisionState(provisionState)) {
    throw invalid(`Provision state "${provisionState}" is not valid`);
  }
  const fault = query.text('fault', 42);
  if (fault !== undefined && !(faults as readonly string[]).includes(fault)) {
    throw invalid(`Unrecognized fault "${fault}" is specified, allowed faults are: ${faults.join(', ')}`);
  }
  const chassisUuid = query.uuid('chassis_uuid');
  const shard = query.list('shard', 82);
  return defined({
    instanceUuid: query.uuid('instance_uuid'),
    chassisUuid,
    associated: query.boolean('associated'),
    maintenance: query.boolean('maintenance'),
    retired: query.boolean('retired'),
    provisionState,
    driver: query.text('driver', 16),
    resourceClass: query.text('resource_class', 21),
    fault,
    conductorGroup: query.text('conductor_group', 46)?.toLowerCase(),
    owner: query.text('owner', 50),
    lessee: query.text('lessee', 65),
    project: query.text('project'),
    descriptionContains: query.text('description_contains'),
    shard,
    sharded: query.boolean('sharded', 82),
    includeChildren: query.boolean('include_children', 83),
    parentNode: query.uuid('parent_node', 83),
    instanceName: query.text('instance_name', 104),
  });
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function defined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}

/** @throws Fault (400) for a direction other than asc and desc */
export function readDirection(query: Query): 'asc' | 'desc' {
  const direction = query.text('sort_dir') ?? 'asc';
  if (direction !== 'asc' && direction !== 'desc') {
    throw invalid(`Invalid sort direction: ${direction}. Acceptable values are 'asc' or 'desc'`);
  }
  return direction;
}

/** @throws Fault (400) for a limit below one; one above the server's is cut to it */
export function readLimit(limit: number | undefined, maxLimit: number): number {
  if (limit === undefined) return maxLimit;
  if (limit <= 0) throw invalid('Limit must be positive');
  return Math.min(limit, maxLimit);
}

const camelCases = new Map(
  nodeSortKeys.map((key) => [key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), key]),
);

function camelCase(sortKey: string): NodeSortKey {
  const key = camelCases.get(sortKey);
  if (key === undefined) throw invalid(`The sort_key value "${sortKey}" is an invalid field for sorting`);
  return key;
}

const keptFilters = (raw: RawQuery): ReadonlyArray<readonly [string, string]> =>
  filterNames.flatMap((name) => {
    const value = raw[name];
    return value === undefined ? [] : [[name, typeof value === 'string' ? value : value.join(',')] as const];
  });

function spelled(chosen: readonly string[] | undefined, minor: number): string {
  return (chosen ?? defaultListSpelled.filter((name) => (sinceOf(name) ?? 1) <= minor)).join(',');
}

const prepared = new Map<string, readonly string[]>();
const mostPrepared = 500;

function keep(key: string, make: () => readonly string[]): readonly string[] {
  const known = prepared.get(key);
  if (known !== undefined) return known;
  const fields = make();
  if (prepared.size < mostPrepared) prepared.set(key, fields);
  return fields;
}

const listFieldsOf = (minor: number): readonly string[] => keep(`${minor}`, () => listFields(minor));

/** The attributes of `fields=`, checked once for each spelling. */
export const chosenFields = (names: readonly string[], minor: number): readonly string[] => {
  if (minor < 8) throw notAcceptable();
  return keep(`${minor} ${names.join(',')}`, () => selectedFields(names, minor));
};
