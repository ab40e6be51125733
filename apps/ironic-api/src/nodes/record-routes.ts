import type { Dependencies } from '../dependencies.ts';
import { notFound } from '../faults.ts';
import { nextLink } from '../http/links.ts';
import { Query } from '../http/query.ts';
import { ok, okObject, type ApiRequest, type Route } from '../http/route.ts';
import { isoTime } from '../http/time.ts';
import type { TimelineEntry } from '@metal3/node-store';
import { readLimit } from './list-query.ts';
import type { NodeOperations } from './perform.ts';
import { nodeIdent } from './routes.ts';

/** What was recorded of one node: inventory, history, children, BIOS settings, firmware. */
export function recordRoutes({ store, settings }: Dependencies, nodes: NodeOperations): readonly Route[] {
  const nodeOf = (request: ApiRequest) => nodes.get(nodeIdent(request));
  return [
    {
      method: 'GET',
      path: '/v1/nodes/:node/inventory',
      since: 81,
      async handle(request) {
        const node = await nodeOf(request);
        const [inventory, pluginData] = await Promise.all([
          store.blobs.get(node.uuid, 'inventory'),
          store.blobs.get(node.uuid, 'plugin-data'),
        ]);
        if (inventory === undefined) throw notFound(`Node inventory record for node ${node.id} could not be found.`);
        return ok(`{"inventory":${inventory.toString()},"plugin_data":${pluginData?.toString() ?? '{}'}}`);
      },
    },
    { method: 'GET', path: '/v1/nodes/:node/history', since: 78, handle: listHistory },
    {
      method: 'GET',
      path: '/v1/nodes/:node/history/:entry',
      since: 78,
      async handle(request) {
        const node = await nodeOf(request);
        const entry = (await store.changes.history(node.uuid)).find(({ uuid }) => uuid === request.params['entry']);
        if (entry === undefined)
          throw notFound(`Node history record ${request.params['entry'] ?? ''} could not be found.`);
        return okObject(shownEntry(entry, request, node.uuid, true));
      },
    },
    {
      method: 'GET',
      path: '/v1/nodes/:node/children',
      since: 83,
      async handle(request) {
        const { uuid } = await nodeOf(request);
        const { items } = await store.nodes.list({ filter: { parentNode: uuid } });
        return okObject({
          children: items.map((child) => child.uuid),
          links: { href: `${request.base}/v1/nodes?parent_node=${uuid}`, rel: 'children' },
        });
      },
    },
  ];

  async function listHistory(request: ApiRequest) {
    const query = new Query(request.query, request.minor);
    const detail = query.boolean('detail') ?? false;
    const limit = readLimit(query.integer('limit'), settings.maxLimit);
    const marker = query.uuid('marker');
    query.refuseOthers();
    const node = await nodeOf(request);
    const all = await store.changes.history(node.uuid);
    const start = marker === undefined ? 0 : all.findIndex(({ uuid }) => uuid === marker) + 1;
    if (marker !== undefined && start === 0) throw notFound(`Node history record ${marker} could not be found.`);
    const page = all.slice(start, start + limit);
    const last = page.at(-1);
    const path = `nodes/${node.uuid}/history`;
    return okObject({
      history: page.map((entry) => shownEntry(entry, request, node.uuid, detail)),
      ...(last !== undefined && page.length === limit
        ? {
            next: nextLink(
              request.base,
              path,
              [
                ['detail', detail ? 'True' : 'False'],
                ['limit', String(limit)],
              ],
              last.uuid,
            ),
          }
        : {}),
    });
  }
}

function shownEntry(
  entry: TimelineEntry,
  { base, minor }: ApiRequest,
  node: string,
  detail: boolean,
): Record<string, unknown> {
  const href = `${base}/v1/nodes/${node}/history/${entry.uuid}`;
  const summary = {
    uuid: entry.uuid,
    created_at: isoTime(entry.at),
    severity: entry.severity,
    event: detail ? entry.event : entry.event?.slice(0, 255),
    links: [{ href, rel: 'self' }],
  };
  if (!detail) return summary;
  return {
    ...summary,
    event_type: entry.eventType,
    conductor: entry.conductor,
    user: entry.principal,
    ...(minor >= 113 ? { project: null } : {}),
    ...(minor >= 115
      ? { state: entry.provisionState, target_provision_state: entry.targetProvisionState, duration_seconds: null }
      : {}),
  };
}
