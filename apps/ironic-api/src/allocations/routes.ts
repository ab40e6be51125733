import type { UserRecord } from '@metal3/node-store';
import type { Dependencies } from '../dependencies.ts';
import { invalid, nodeNotFound, notFound } from '../faults.ts';
import { nextLink } from '../http/links.ts';
import { Query } from '../http/query.ts';
import { created, noContent, okObject, type ApiRequest, type Route } from '../http/route.ts';
import { applyPatch } from '../json-patch/apply.ts';
import { parsePatch, rootOf } from '../json-patch/operations.ts';
import { readDirection, readLimit } from '../nodes/list-query.ts';
import { nodeIdent } from '../nodes/routes.ts';
import type { RecordResource } from '../records/resource.ts';
import { chosen, shown } from '../records/show.ts';
import type { AllocationOperations } from './perform.ts';
import { readAllocation } from './request.ts';

/** How an allocation is shown; it is written by its own operations. */
const allocations: Pick<RecordResource, 'collection' | 'fields' | 'listed'> = {
  collection: 'allocations',
  fields: [
    { name: 'uuid' },
    { name: 'created_at' },
    { name: 'updated_at' },
    { name: 'candidate_nodes', byDefault: [] },
    { name: 'extra', byDefault: {} },
    { name: 'last_error' },
    { name: 'name' },
    { name: 'owner', since: 60 },
    { name: 'resource_class' },
    { name: 'state' },
    { name: 'traits', byDefault: [] },
    { name: 'node_uuid', value: ({ body }) => body['node_uuid'] ?? null },
  ],
  listed: [],
};

/** /v1/allocations, and the allocation of one node. */
export function allocationRoutes(
  { store, settings }: Dependencies,
  operations: AllocationOperations,
): readonly Route[] {
  const since = { since: 52 };
  const changing = { since: 52, before: 405 } as const;
  const one = '/v1/allocations/:allocation';
  const ofNode = '/v1/nodes/:node/allocation';
  const ident = ({ params }: ApiRequest): string => params['allocation'] ?? '';
  const show = (record: UserRecord, { minor, base }: ApiRequest, fields: readonly string[] | 'all' = 'all') =>
    shown(allocations, record, chosen(allocations, minor, fields), base);
  const fieldsOf = (request: ApiRequest) => {
    const query = new Query(request.query, request.minor);
    const fields = query.list('fields');
    query.refuseOthers();
    return fields ?? 'all';
  };

  return [
    { method: 'GET', path: '/v1/allocations', ...since, handle: list },
    {
      method: 'POST',
      path: '/v1/allocations',
      ...changing,
      async handle(request) {
        const record = await operations.create(readAllocation(request.body, request.minor));
        return created(JSON.stringify(show(record, request)), `/v1/allocations/${record.uuid}`);
      },
    },
    {
      method: 'GET',
      path: one,
      ...since,
      handle: async (request) => okObject(show(await operations.get(ident(request)), request, fieldsOf(request))),
    },
    { method: 'PATCH', path: one, since: 57, before: 405, handle: patch },
    {
      method: 'DELETE',
      path: one,
      ...changing,
      async handle(request) {
        await operations.remove(ident(request));
        return noContent;
      },
    },
    {
      method: 'GET',
      path: ofNode,
      ...since,
      handle: async (request) =>
        okObject(show(await operations.ofNode(nodeIdent(request)), request, fieldsOf(request))),
    },
    {
      method: 'DELETE',
      path: ofNode,
      ...since,
      async handle(request) {
        await operations.remove((await operations.ofNode(nodeIdent(request))).uuid);
        return noContent;
      },
    },
  ];

  async function list(request: ApiRequest) {
    const query = new Query(request.query, request.minor);
    const fields = query.list('fields');
    const node = query.text('node');
    const wanted = {
      resource_class: query.text('resource_class'),
      state: query.text('state'),
      owner: query.text('owner', 60),
      node_uuid: node === undefined ? undefined : (await store.nodes.find(node))?.uuid,
    };
    const limit = readLimit(query.integer('limit'), settings.maxLimit);
    const marker = query.uuid('marker');
    const sortDir = readDirection(query);
    query.text('sort_key');
    query.refuseOthers();
    if (node !== undefined && wanted.node_uuid === undefined) throw nodeNotFound(node);

    const filters = Object.entries(wanted).filter(([, value]) => value !== undefined);
    const found = (await store.records.list('allocation')).filter(({ body }) =>
      filters.every(([name, value]) => body[name] === value),
    );
    const ordered = sortDir === 'asc' ? found : found.toReversed();
    const start = marker === undefined ? 0 : ordered.findIndex(({ uuid }) => uuid === marker) + 1;
    if (marker !== undefined && start === 0) throw notFound(`Allocation ${marker} could not be found.`);
    const page = ordered.slice(start, start + limit);
    const last = page.at(-1);
    const kept = [
      ['sort_dir', sortDir],
      ...(fields === undefined ? [] : [['fields', fields.join(',')] as const]),
      ...filters.map(([name, value]) => [name === 'node_uuid' ? 'node' : name, String(value)] as const),
      ['limit', String(limit)],
    ] as ReadonlyArray<readonly [string, string]>;
    return okObject({
      allocations: page.map((record) => show(record, request, fields ?? 'all')),
      ...(last !== undefined && page.length === limit
        ? { next: nextLink(request.base, 'allocations', kept, last.uuid) }
        : {}),
    });
  }

  async function patch(request: ApiRequest) {
    const operationsAsked = parsePatch(request.body, request.minor);
    const stranger = operationsAsked.map(rootOf).find((root) => root !== 'name' && root !== 'extra');
    if (stranger !== undefined)
      throw invalid(`Cannot patch /${stranger}. Only the following can be updated: name, extra`);
    const { uuid } = await operations.get(ident(request));
    const record = await store.records.change('allocation', uuid, ({ name, body }) => {
      const after = applyPatch({ name, extra: body['extra'] ?? {} }, operationsAsked);
      const { name: newName, body: checked } = readAllocation({ resource_class: 'x', ...after }, request.minor);
      return { name: newName, body: { ...body, extra: checked['extra'] ?? {} } };
    });
    return okObject(show(record, request));
  }
}
