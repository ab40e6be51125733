import { isStoreError, type NodeStore, type UserRecord } from '@metal3/node-store';
import { Fault, invalid, nodeNotFound, notAcceptable, notFound } from '../faults.ts';
import { nextLink } from '../http/links.ts';
import { isLogicalName, isUuid, parseUuid, Query } from '../http/query.ts';
import { created, noContent, okObject, type ApiRequest, type Route } from '../http/route.ts';
import { applyPatch } from '../json-patch/apply.ts';
import { parsePatch, rootOf } from '../json-patch/operations.ts';
import { readDirection, readLimit } from '../nodes/list-query.ts';
import { givenUuid } from './kinds.ts';
import { attributesOf, type RecordResource } from './resource.ts';
import { chosen, shown } from './show.ts';

/** What a kind of record adds to the common routes. */
export interface RecordRules {
  /** @throws Fault when the record cannot change now */
  readonly beforePatch?: (record: UserRecord) => Promise<void>;
  /** What else follows from a change. */
  readonly afterPatch?: (record: UserRecord, before: UserRecord) => Promise<void>;
  /** @throws Fault when the record cannot go yet */
  readonly beforeDelete?: (record: UserRecord) => Promise<void>;
}

/** List, detail, create, show, patch and delete of one kind of record. */
export function recordRoutes(
  resource: RecordResource,
  { records, nodes }: Pick<NodeStore, 'records' | 'nodes'>,
  maxLimit: number,
  rules: RecordRules = {},
): readonly Route[] {
  const { kind, collection, since } = resource;
  const all = `/v1/${collection}`;
  const one = `${all}/:record`;
  const changing = { since, before: resource.before };

  const find = async ({ params }: ApiRequest): Promise<UserRecord> => {
    const ident = params['record'] ?? '';
    if (!resource.named) parseUuid(resource.argument, ident);
    else if (!isUuid(ident) && !isLogicalName(ident))
      throw invalid(`Expected UUID or name for ${resource.argument}: ${ident}`);
    const record = await records.find(kind, ident);
    if (record === undefined) throw notFound(`${resource.title} ${ident} could not be found.`);
    return record;
  };
  const whole = (record: UserRecord, { minor, base }: ApiRequest) =>
    shown(resource, record, chosen(resource, minor, 'all'), base);

  return [
    { method: 'GET', path: all, since, handle: (request) => list(request, false) },
    { method: 'GET', path: `${all}/detail`, since, handle: (request) => list(request, true) },
    { method: 'POST', path: all, ...changing, handle: create },
    {
      method: 'GET',
      path: one,
      since,
      async handle(request) {
        const query = new Query(request.query, request.minor);
        const fields = query.list('fields', 8);
        query.refuseOthers();
        const record = await find(request);
        return okObject(shown(resource, record, chosen(resource, request.minor, fields ?? 'all'), request.base));
      },
    },
    { method: 'PATCH', path: one, ...changing, handle: patch },
    {
      method: 'DELETE',
      path: one,
      ...changing,
      async handle(request) {
        const record = await find(request);
        await rules.beforeDelete?.(record);
        await records.delete(kind, record.uuid);
        return noContent;
      },
    },
  ];

  async function list(request: ApiRequest, detailPath: boolean) {
    const query = new Query(request.query, request.minor);
    const fields = detailPath ? undefined : query.list('fields', 8);
    const detail = detailPath || query.detail(resource.detailSince);
    if (detail && fields !== undefined) throw invalid('Can not specify ?detail=True and fields in the same request.');
    const node = resource.ofNode === true ? query.text('node') : undefined;
    const [shards, groups] = resource.kind === 'portgroup' ? nodeFilters(query) : [];
    const address = resource.kind === 'portgroup' ? query.text('address')?.toLowerCase() : undefined;
    const limit = readLimit(query.integer('limit'), maxLimit);
    const marker = query.uuid('marker');
    const sortDir = readDirection(query);
    query.text('sort_key');
    query.refuseOthers();

    const filter = node === undefined ? {} : { nodeUuid: await nodeUuid(node) };
    const wanted = await ofNodes(await records.list(kind, filter), shards, groups);
    const found = wanted.filter((record) => address === undefined || record.address === address);
    const ordered = sortDir === 'asc' ? found : found.toReversed();
    const start = marker === undefined ? 0 : ordered.findIndex(({ uuid }) => uuid === marker) + 1;
    if (marker !== undefined && start === 0) throw notFound(`${resource.title} ${marker} could not be found.`);
    const page = ordered.slice(start, start + limit);
    const shownFields = chosen(resource, request.minor, detail ? 'all' : (fields ?? 'listed'));
    const last = page.at(-1);
    const kept = [
      ['sort_dir', sortDir],
      ...(detail && !detailPath ? [['detail', 'True'] as const] : []),
      ...(fields === undefined ? [] : [['fields', fields.join(',')] as const]),
      ...(node === undefined ? [] : [['node', node] as const]),
      ...(shards === undefined ? [] : [['shard', shards.join(',')] as const]),
      ...(groups === undefined ? [] : [['conductor_groups', groups.join(',')] as const]),
      ['limit', String(limit)],
    ] as ReadonlyArray<readonly [string, string]>;
    return okObject({
      [resource.key ?? collection]: page.map((record) => shown(resource, record, shownFields, request.base)),
      ...(last !== undefined && page.length === limit
        ? { next: nextLink(request.base, detailPath ? `${collection}/detail` : collection, kept, last.uuid) }
        : {}),
    });
  }

  async function create(request: ApiRequest) {
    const body = (request.body ?? {}) as Readonly<Record<string, unknown>>;
    const given = Object.entries(body).flatMap(([name, value]) => (value === null ? [] : [name]));
    refuseNewer(resource, given, request.minor);
    resource.check(body, request.minor);
    const uuid = givenUuid(body);
    const owner = await ownerOf(body);
    const record = await told(() =>
      records.create(kind, {
        ...resource.read(body, owner),
        ...(uuid === undefined ? {} : { uuid }),
        ...(owner === undefined ? {} : { nodeUuid: owner }),
      }),
    );
    return created(JSON.stringify(whole(record, request)), `${all}/${record.uuid}`);
  }

  async function patch(request: ApiRequest) {
    const operations = parsePatch(request.body, request.minor);
    const patchable = resource.fields.filter((field) => field.patchable === true).map(({ name }) => name);
    const stranger = operations.map(rootOf).find((root) => !patchable.includes(root));
    if (stranger !== undefined) {
      throw invalid(`Cannot patch /${stranger}. Only the following can be updated: ${patchable.join(', ')}`);
    }
    // Removing an attribute means resetting it, which old clients may do to attributes they do not know.
    const written = operations.filter(({ op }) => op !== 'remove');
    refuseNewer(resource, written.map(rootOf), request.minor);
    const found = await find(request);
    await rules.beforePatch?.(found);
    const { uuid } = found;
    const record = await told(() =>
      records.change(kind, uuid, (current) => {
        const after = applyPatch(
          attributesOf(resource, current),
          operations.map((operation) =>
            operation.op === 'remove' && operation.path === `/${rootOf(operation)}`
              ? { op: 'replace' as const, path: operation.path, value: null }
              : operation,
          ),
        );
        resource.check(after, request.minor);
        const fields = resource.read(after, current.nodeUuid ?? undefined);
        resource.checkChange?.(current, fields);
        return fields;
      }),
    );
    await rules.afterPatch?.(record, found);
    return okObject(whole(record, request));
  }

  async function ownerOf(body: Readonly<Record<string, unknown>>): Promise<string | undefined> {
    if (resource.ofNode !== true) return undefined;
    if (body['node_uuid'] === undefined) {
      throw invalid(`Schema error for ${resource.noun}: 'node_uuid' is a required property`);
    }
    const uuid = parseUuid('node_uuid', body['node_uuid']);
    if ((await nodes.find(uuid)) === undefined) throw invalid(nodeNotFound(uuid).message);
    return uuid;
  }

  async function nodeUuid(ident: string): Promise<string> {
    const node = await nodes.find(ident);
    if (node === undefined) throw nodeNotFound(ident);
    return node.uuid;
  }

  /** Those whose node is in one of the shards and conductor groups. */
  async function ofNodes(
    found: readonly UserRecord[],
    shards: readonly string[] | undefined,
    groups: readonly string[] | undefined,
  ): Promise<readonly UserRecord[]> {
    if (shards === undefined && groups === undefined) return found;
    const filter = { includeChildren: true, ...(shards === undefined ? {} : { shard: shards }) };
    const { items } = await nodes.list({ filter });
    const uuids = new Set(
      items.filter(({ conductorGroup }) => groups?.includes(conductorGroup) ?? true).map((node) => node.uuid),
    );
    return found.filter(({ nodeUuid }) => nodeUuid !== null && uuids.has(nodeUuid));
  }

  /** Says what exists already in upstream's words. */
  async function told(write: () => Promise<UserRecord>): Promise<UserRecord> {
    try {
      return await write();
    } catch (error) {
      if (!isStoreError(error, 'RECORD-DUPLICATE')) throw error;
      const { field = 'uuid', value = '' } = error.details;
      if (field === 'name' && resource.clash !== undefined) throw new Fault('already-exists', resource.clash);
      const words =
        ({ uuid: 'UUID', name: 'name', address: 'MAC address' } as Readonly<Record<string, string>>)[field] ?? field;
      throw new Fault('already-exists', `A ${resource.noun} with ${words} ${value} already exists.`);
    }
  }
}

const nodeFilters = (query: Query) =>
  [query.list('shard', 106), query.list('conductor_groups', 99)?.map((group) => group.toLowerCase())] as const;

/** @throws Fault (406) for an attribute that came later than the version asked for */
function refuseNewer({ fields }: RecordResource, names: readonly string[], minor: number): void {
  if (fields.some(({ name, since = 1 }) => since > minor && names.includes(name))) throw notAcceptable();
}
