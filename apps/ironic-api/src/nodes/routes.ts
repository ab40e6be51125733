import type { Node } from '@metal3/node';
import type { Dependencies } from '../dependencies.ts';
import { invalid, nodeNotFound, notAcceptable, notFound } from '../faults.ts';
import { nextLink } from '../http/links.ts';
import { isUuid, Query } from '../http/query.ts';
import { created, noContent, ok, type ApiRequest, type Route } from '../http/route.ts';
import { parsePatch } from '../json-patch/operations.ts';
import { ListCache } from './list-cache.ts';
import { chosenFields, readNodeList } from './list-query.ts';
import { parseNodeIdent } from './names.ts';
import type { Caller, NodeOperations } from './perform.ts';
import { renderFullNode, renderNode, type RenderContext } from './render.ts';

/** The identifier of a node in a URL; names came with 1.5. */
export function nodeIdent({ params, minor }: ApiRequest, parameter = 'node'): string {
  const ident = parseNodeIdent(params[parameter] ?? '');
  if (minor < 5 && !/^[0-9a-f-]{32,36}$/i.test(ident)) throw nodeNotFound(ident);
  return ident;
}

/** The same for the collections below a node, where Ironic takes no name. @throws Fault (404) for a name */
export function nodeUuidIn(request: ApiRequest): string {
  const ident = nodeIdent(request);
  if (!isUuid(ident)) throw nodeNotFound(ident);
  return ident;
}

/** REST callers have no request id of their own: the header of that name is shared by all calls of one operation. */
export const callerOf = ({ principal, requestId }: ApiRequest): Caller => ({ principal, loggedAs: requestId });

/** /v1/nodes and /v1/nodes/{node}. */
export function nodeRoutes(dependencies: Dependencies, nodes: NodeOperations): readonly Route[] {
  const { store, directory, settings } = dependencies;
  const contextOf = ({ base, minor }: ApiRequest): RenderContext => ({
    base,
    minor,
    conductorOf: (node) => directory.last().conductorFor(node)?.hostname ?? null,
  });
  const lists = new ListCache();
  const missingIdent = () => {
    throw invalid('Missing mandatory parameter: node_ident');
  };

  return [
    { method: 'GET', path: '/v1/nodes', handle: (request) => list(request, false) },
    { method: 'GET', path: '/v1/nodes/detail', handle: (request) => list(request, true) },
    { method: 'POST', path: '/v1/nodes', handle: create },
    { method: 'PATCH', path: '/v1/nodes', handle: missingIdent },
    { method: 'DELETE', path: '/v1/nodes', handle: missingIdent },
    { method: 'GET', path: '/v1/nodes/:node', handle: show },
    { method: 'PATCH', path: '/v1/nodes/:node', handle: patch },
    {
      method: 'DELETE',
      path: '/v1/nodes/:node',
      async handle(request) {
        await nodes.remove(nodeIdent(request), callerOf(request));
        return noContent;
      },
    },
  ];

  async function list(request: ApiRequest, detailPath: boolean) {
    const { options, fields, full, conductor, paged, next } = readNodeList(
      request.query,
      request.minor,
      detailPath,
      settings.maxLimit,
    );
    const catalogue = await directory.current();
    const context = contextOf(request);
    const { chassisUuid } = options.filter ?? {};
    if (chassisUuid !== undefined && (await store.records.find('chassis', chassisUuid)) === undefined) {
      throw notFound(`Chassis ${chassisUuid} could not be found.`);
    }
    const { items } =
      conductor === undefined
        ? await store.nodes.list(options)
        : await pageOf(options, (node) => catalogue.conductorFor(node)?.hostname === conductor);

    const question = `${request.base} ${request.minor} ${detailPath} ${JSON.stringify(request.query)}`;
    return ok(lists.answer(question, catalogue, items, () => page(items)));

    function page(nodes: readonly Node[]): string {
      let json = '{"nodes":[';
      let separator = '';
      for (const node of nodes) {
        json += separator + (full ? renderFullNode(node, context) : renderNode(node, fields, context));
        separator = ',';
      }
      json += ']';
      const last = nodes.at(-1);
      if (paged && last !== undefined && nodes.length === options.limit) {
        const resource = detailPath ? 'nodes/detail' : 'nodes';
        json += `,"next":${JSON.stringify(nextLink(request.base, resource, next, last.uuid))}`;
      }
      return `${json}}`;
    }
  }

  /** A page of nodes that no column selects: read on until it is full. */
  async function pageOf(
    options: Parameters<typeof store.nodes.list>[0] & { limit: number },
    wanted: (node: Node) => boolean,
  ) {
    const items: Node[] = [];
    let marker = options.marker;
    for (;;) {
      const page = await store.nodes.list({ ...options, ...(marker === undefined ? {} : { marker }) });
      for (const node of page.items) if (wanted(node) && items.length < options.limit) items.push(node);
      if (page.next === undefined || items.length === options.limit) return { items };
      marker = page.next;
    }
  }

  async function create(request: ApiRequest) {
    const node = await nodes.create(request.body, request.minor, callerOf(request));
    return created(renderFullNode(node, contextOf(request)), `/v1/nodes/${node.uuid}`);
  }

  async function show(request: ApiRequest) {
    const query = new Query(request.query, request.minor);
    const chosen = query.list('fields');
    query.refuseOthers();
    const fields = chosen === undefined ? undefined : chosenFields(chosen, request.minor);
    const [node] = await Promise.all([nodes.get(nodeIdent(request)), directory.current()]);
    const context = contextOf(request);
    return ok(fields === undefined ? renderFullNode(node, context) : renderNode(node, fields, context));
  }

  async function patch(request: ApiRequest) {
    const query = new Query(request.query, request.minor);
    const resetInterfaces = query.boolean('reset_interfaces') ?? false;
    query.refuseOthers();
    if (resetInterfaces && request.minor < 45) throw notAcceptable();
    const operations = parsePatch(request.body, request.minor);
    const node = await nodes.patch(
      nodeIdent(request),
      operations,
      { minor: request.minor, resetInterfaces },
      callerOf(request),
    );
    return ok(renderFullNode(node, contextOf(request)));
  }
}
