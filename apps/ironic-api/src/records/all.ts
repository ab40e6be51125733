import { deleteAllowedStates } from '@metal3/node';
import type { Dependencies } from '../dependencies.ts';
import { invalid, invalidState, notFound } from '../faults.ts';
import { linkPair } from '../http/links.ts';
import { schemaCheck } from '../http/schema.ts';
import { noContent, ok, okObject, type Route } from '../http/route.ts';
import { parseUuid } from '../http/query.ts';
import { listFields } from '../nodes/fields.ts';
import type { NodeOperations } from '../nodes/perform.ts';
import { renderNode } from '../nodes/render.ts';
import { onceUnlocked, powerChanging } from '../nodes/locking.ts';
import { nodeIdent, nodeUuidIn } from '../nodes/routes.ts';
import { chassis, deployTemplates, portgroups, runbooks } from './kinds.ts';
import { inspectionRules } from './inspection-rules.ts';
import { recordRoutes } from './routes.ts';
import { runbookTraitRoutes } from './runbook-traits.ts';
import { volumeConnectors, volumeTargets } from './volume.ts';
import { chosen, shown } from './show.ts';

const uuid = { type: 'string', format: 'uuid' };
const checkEvents = schemaCheck(undefined, {
  type: 'object',
  properties: {
    events: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        properties: {
          event: { enum: ['network.bind_port', 'network.unbind_port', 'network.delete_port'] },
          port_id: uuid,
          mac_address: { type: 'string', format: 'mac-address' },
          status: { type: 'string' },
          device_id: { type: ['string', 'null'], format: 'uuid' },
          'binding:host_id': { type: ['string', 'null'], format: 'uuid' },
          'binding:vnic_type': { type: ['string', 'null'] },
        },
        required: ['event', 'port_id', 'mac_address', 'status'],
        additionalProperties: false,
      },
    },
  },
  required: ['events'],
  additionalProperties: false,
});

const volumeLinks = (base: string, path: string) => ({
  links: linkPair(base, `${path}/`),
  connectors: linkPair(base, `${path}/connectors`),
  targets: linkPair(base, `${path}/targets`),
});

/** The resources beside nodes and ports, and the small ones that have no records at all. */
export function otherRoutes({ store, clock, settings }: Dependencies, nodes: NodeOperations): readonly Route[] {
  const { maxLimit } = settings;

  /** The node once nobody changes its power: what was asked for a moment ago counts. @throws Fault (409) while somebody still does */
  const quietNode = async (nodeUuid: string | null) =>
    nodeUuid === null
      ? undefined
      : onceUnlocked(clock, settings.lockWaitMs, async () => {
          const node = await store.nodes.find(nodeUuid);
          if (node !== undefined && node.targetPowerState !== null) throw powerChanging(node);
          return node;
        });
  return [
    ...recordRoutes(chassis, store, maxLimit, {
      async beforeDelete({ uuid }) {
        const { items } = await store.nodes.list({ filter: { chassisUuid: uuid, includeChildren: true }, limit: 1 });
        if (items.length > 0)
          throw invalid(`Cannot complete the requested action because chassis ${uuid} contains nodes.`);
      },
    }),
    ...recordRoutes(portgroups, store, maxLimit, {
      async afterPatch({ uuid, nodeUuid, body }, before) {
        const network = (body['physical_network'] ?? null) as string | null;
        if (nodeUuid === null || network === (before.body['physical_network'] ?? null)) return;
        const { items } = await store.ports.list({ filter: { nodeUuid } });
        // A group is in one physical network with all its members.
        for (const port of items.filter(({ portgroupUuid }) => portgroupUuid === uuid))
          await store.ports.change(port.uuid, () => ({ physicalNetwork: network }), { whileLeased: 'allow' });
      },
      async beforeDelete({ uuid, nodeUuid }) {
        const { items } = await store.ports.list(nodeUuid === null ? {} : { filter: { nodeUuid } });
        if (items.some(({ portgroupUuid }) => portgroupUuid === uuid)) {
          throw invalid(`Cannot complete the requested action because portgroup ${uuid} contains ports.`);
        }
      },
    }),
    ...recordRoutes(deployTemplates, store, maxLimit),
    ...recordRoutes(runbooks, store, maxLimit),
    ...runbookTraitRoutes(store),
    ...recordRoutes(inspectionRules, store, maxLimit),
    ...[volumeConnectors, volumeTargets].flatMap((resource): readonly Route[] => [
      ...recordRoutes(resource, store, maxLimit, {
        async beforePatch({ nodeUuid }) {
          const node = await quietNode(nodeUuid);
          if (node !== undefined && node.powerState !== 'power off')
            throw invalidState(`${resource.noun} update`, node.uuid, node.powerState ?? 'None');
        },
        async beforeDelete({ nodeUuid }) {
          const node = await quietNode(nodeUuid);
          if (node !== undefined && node.powerState !== 'power off' && !deleteAllowedStates.has(node.provisionState)) {
            throw invalidState(`${resource.noun} deletion`, node.uuid, node.powerState ?? 'None');
          }
        },
      }),
      {
        method: 'GET',
        path: `/v1/nodes/:node/${resource.collection}`,
        since: 32,
        async handle(request) {
          const { uuid } = await nodes.get(nodeUuidIn(request));
          const fields = chosen(resource, request.minor, 'listed');
          const found = await store.records.list(resource.kind, { nodeUuid: uuid });
          return okObject({
            [resource.key ?? resource.collection]: found.map((record) => shown(resource, record, fields, request.base)),
          });
        },
      },
    ]),
    { method: 'GET', path: '/v1/volume', since: 32, handle: ({ base }) => okObject(volumeLinks(base, 'volume')) },
    {
      method: 'GET',
      path: '/v1/nodes/:node/volume',
      since: 32,
      async handle(request) {
        const { uuid } = await nodes.get(nodeIdent(request));
        return okObject(volumeLinks(request.base, `nodes/${uuid}/volume`));
      },
    },
    ...(['listed', 'all'] as const).map((wanted): Route => ({
      method: 'GET',
      path: `/v1/nodes/:node/portgroups${wanted === 'all' ? '/detail' : ''}`,
      since: 24,
      async handle(request) {
        const { uuid } = await nodes.get(nodeUuidIn(request));
        const fields = chosen(portgroups, request.minor, wanted);
        const found = await store.records.list('portgroup', { nodeUuid: uuid });
        return okObject({ portgroups: found.map((record) => shown(portgroups, record, fields, request.base)) });
      },
    })),
    {
      method: 'GET',
      path: '/v1/chassis/:record/nodes',
      async handle({ params, base, minor }) {
        const uuid = parseUuid('chassis_uuid', params['record']);
        if ((await store.records.find('chassis', uuid)) === undefined) {
          throw notFound(`Chassis ${uuid} could not be found.`);
        }
        const { items } = await store.nodes.list({ filter: { chassisUuid: uuid } });
        const entries = items.map((node) =>
          renderNode(node, listFields(minor), { base, minor, conductorOf: () => null }),
        );
        return ok(`{"nodes":[${entries.join(',')}]}`);
      },
    },
    {
      method: 'GET',
      path: '/v1/shards',
      since: 82,
      async handle() {
        const counts = new Map<string, number>();
        const { items } = await store.nodes.list({ filter: { includeChildren: true } });
        // Upstream spells the absence of a shard the way Python prints it.
        for (const { shard } of items) counts.set(shard ?? 'None', (counts.get(shard ?? 'None') ?? 0) + 1);
        return okObject({ shards: [...counts].map(([name, count]) => ({ name, count })) });
      },
    },
    {
      method: 'POST',
      path: '/v1/events',
      since: 54,
      handle({ body }) {
        checkEvents(body ?? {});
        return noContent;
      },
    },
  ];
}
