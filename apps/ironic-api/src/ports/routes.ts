import { portSortKeys, type ListOptions, type PortFilter, type PortSortKey } from '@metal3/node-store';
import type { Dependencies } from '../dependencies.ts';
import { invalid, nodeNotFound, notAcceptable, notFound } from '../faults.ts';
import { nextLink } from '../http/links.ts';
import { isUuid, parseMac, Query } from '../http/query.ts';
import { created, noContent, ok, type ApiRequest, type Route } from '../http/route.ts';
import { parsePatch } from '../json-patch/operations.ts';
import { readDirection, readLimit } from '../nodes/list-query.ts';
import type { NodeOperations } from '../nodes/perform.ts';
import { callerOf, nodeUuidIn } from '../nodes/routes.ts';
import { fullPort, listPort, renderPort, selectedPort } from './fields.ts';
import type { PortOperations } from './perform.ts';

/** What a list is about besides its query. */
interface Scope {
  readonly detail: boolean;
  readonly node?: string;
  readonly portgroup?: string;
}

/** /v1/ports, and the ports of one node or port group. */
export function portRoutes(
  { store, settings }: Dependencies,
  nodes: NodeOperations,
  ports: PortOperations,
): readonly Route[] {
  const ident = ({ params }: ApiRequest): string => params['port'] ?? '';
  return [
    { method: 'GET', path: '/v1/ports', handle: (request) => list(request, { detail: false }) },
    { method: 'GET', path: '/v1/ports/detail', handle: (request) => list(request, { detail: true }) },
    {
      method: 'GET',
      path: '/v1/nodes/:node/ports',
      handle: async (request) => list(request, { detail: false, node: (await nodes.get(nodeUuidIn(request))).uuid }),
    },
    {
      method: 'GET',
      path: '/v1/nodes/:node/ports/detail',
      handle: async (request) => list(request, { detail: true, node: (await nodes.get(nodeUuidIn(request))).uuid }),
    },
    {
      method: 'GET',
      path: '/v1/nodes/:node/ports/:port',
      handle() {
        throw invalid('Malformed request URI: a port is found at /v1/ports, whatever its node.');
      },
    },
    {
      method: 'GET',
      path: '/v1/portgroups/:record/ports',
      since: 24,
      handle: (request) => list(request, { detail: false, portgroup: portgroupOf(request) }),
    },
    {
      method: 'POST',
      path: '/v1/ports',
      async handle(request) {
        const port = await ports.create(request.body, request.minor, callerOf(request));
        return created(renderPort(port, fullPort(request.minor), request.base), `/v1/ports/${port.uuid}`);
      },
    },
    {
      method: 'GET',
      path: '/v1/ports/:port',
      async handle(request) {
        const query = new Query(request.query, request.minor);
        const chosen = query.list('fields');
        query.refuseOthers();
        const shown = chosen === undefined ? fullPort(request.minor) : selectedPort(chosen, request.minor);
        return ok(renderPort(await ports.get(ident(request)), shown, request.base));
      },
    },
    {
      method: 'PATCH',
      path: '/v1/ports/:port',
      async handle(request) {
        const patch = parsePatch(request.body, request.minor);
        const port = await ports.patch(ident(request), patch, request.minor, callerOf(request));
        return ok(renderPort(port, fullPort(request.minor), request.base));
      },
    },
    {
      method: 'DELETE',
      path: '/v1/ports/:port',
      async handle(request) {
        await ports.remove(ident(request), callerOf(request));
        return noContent;
      },
    },
  ];

  async function list(request: ApiRequest, scope: Scope) {
    const query = new Query(request.query, request.minor);
    const chosen = scope.detail ? undefined : query.list('fields', 8);
    const detail = scope.detail || query.detail();
    if (detail && chosen !== undefined) throw invalid('Can not specify ?detail=True and fields in the same request.');
    const [byName, byUuid] = [query.text('node'), query.uuid('node_uuid')];
    if (byName !== undefined && !isUuid(byName) && request.minor < 6) throw notAcceptable();
    const nodeArgument = scope.node ?? byName ?? byUuid;
    const portgroup = scope.portgroup ?? (await portgroupUuid(query.text('portgroup', 24)));
    const shard = query.list('shard', 82);
    const described = query.text('description_contains', 97);
    const groups = query.list('conductor_groups', 99)?.map((group) => group.toLowerCase());
    const address = query.text('address');
    const sortKey = query.text('sort_key') ?? 'id';
    const sortDir = readDirection(query);
    const limit = readLimit(query.integer('limit'), settings.maxLimit);
    const marker = query.uuid('marker');
    query.refuseOthers();

    const filter: PortFilter = {
      ...(nodeArgument === undefined ? {} : { nodeUuid: await nodeUuid(nodeArgument) }),
      ...(portgroup === undefined ? {} : { portgroupUuid: portgroup }),
      ...(shard === undefined ? {} : { shard }),
      ...(described === undefined ? {} : { descriptionContains: described }),
      ...(groups === undefined ? {} : { conductorGroups: groups }),
      ...(address === undefined ? {} : { address: parseMac('address', address) }),
    };
    const options: ListOptions<PortSortKey, PortFilter> = {
      filter,
      sortKey: storedSortKey(sortKey),
      sortDir,
      limit,
      ...(marker === undefined ? {} : { marker }),
    };
    const { items } = await store.ports.list(options);
    const shown = detail
      ? fullPort(request.minor)
      : chosen === undefined
        ? listPort
        : selectedPort(chosen, request.minor);
    const entries = items.map((port) => renderPort(port, shown, request.base)).join(',');
    const last = items.at(-1);
    if (address !== undefined || last === undefined || items.length < limit) return ok(`{"ports":[${entries}]}`);

    const collection = scope.detail ? 'ports/detail' : 'ports';
    const resource = scope.node === undefined ? collection : `nodes/${scope.node}/${collection}`;
    const kept = [
      ['sort_key', sortKey],
      ['sort_dir', sortDir],
      ...(detail && !scope.detail ? [['detail', 'True'] as const] : []),
      ...(detail ? [] : [['fields', (chosen ?? ['uuid', 'address']).join(',')] as const]),
      ...(nodeArgument === undefined || scope.node !== undefined ? [] : [['node', nodeArgument] as const]),
      ...(portgroup === undefined ? [] : [['portgroup', portgroup] as const]),
      ...(shard === undefined ? [] : [['shard', shard.join(',')] as const]),
      ...(described === undefined ? [] : [['description_contains', described] as const]),
      ...(groups === undefined ? [] : [['conductor_groups', groups.join(',')] as const]),
      ['limit', String(limit)],
    ] as ReadonlyArray<readonly [string, string]>;
    return ok(`{"ports":[${entries}],"next":${JSON.stringify(nextLink(request.base, resource, kept, last.uuid))}}`);
  }

  function portgroupOf({ params }: ApiRequest): string {
    const ident = params['record'] ?? '';
    if (!isUuid(ident)) throw notFound(`Portgroup ${ident} could not be found.`);
    return ident;
  }

  /** Port groups may be named; an identifier of none that exists matches no port. */
  async function portgroupUuid(ident: string | undefined): Promise<string | undefined> {
    if (ident === undefined || isUuid(ident)) return ident;
    const found = await store.records.find('portgroup', ident);
    if (found === undefined) throw notFound(`Portgroup ${ident} could not be found.`);
    return found.uuid;
  }

  async function nodeUuid(argument: string): Promise<string> {
    const node = await store.nodes.find(argument);
    if (node === undefined) throw nodeNotFound(argument);
    return node.uuid;
  }
}

function storedSortKey(name: string): PortSortKey {
  const key = name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
  if ((portSortKeys as readonly string[]).includes(key)) return key as PortSortKey;
  throw invalid(`The sort_key value "${name}" is an invalid field for sorting`);
}
