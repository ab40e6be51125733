import { validateNode } from '@metal3/node';
import { implement, type ServiceImplementation } from '@metal3/grpc';
import { NodeService } from '@metal3/ironic-client';
import type { Dependencies } from '../dependencies.ts';
import { locked, notFound } from '../faults.ts';
import { parseMac } from '../http/query.ts';
import { parsePatch } from '../json-patch/operations.ts';
import type { NodeOperations } from '../nodes/perform.ts';
import { parseMethod, type vendorCalls } from '../nodes/vendor-routes.ts';
import { checkMediaNode, readMedium } from '../nodes/virtual-media.ts';
import type { PortOperations } from '../ports/perform.ts';
import type { verbOperations } from '../verbs/perform.ts';
import { watchMessages } from '../watch/events.ts';
import { answer, answers, callerOf, given, jsonField, newest, objectField, screened } from './edge.ts';
import { nodeMessage, portMessage } from './node-message.ts';

/** What NodeService is made of: the same operations that REST uses. */
export interface NodeServiceParts {
  readonly nodes: NodeOperations;
  readonly ports: PortOperations;
  readonly verbs: ReturnType<typeof verbOperations>;
  readonly vendor: ReturnType<typeof vendorCalls>;
}

/** NodeService over the operations of this service. */
export function nodeService(
  { store, directory, settings, bmc }: Dependencies,
  parts: NodeServiceParts,
): ServiceImplementation {
  const { nodes, ports, verbs, vendor } = parts;
  const service = implement(NodeService, {
    getNode: ({ ident }) => answer(async () => ({ node: nodeMessage(await nodes.get(ident)) })),

    listNodes: ({ limit, marker }) =>
      answer(async () => {
        const page = await store.nodes.list({
          limit: limit > 0 ? Math.min(limit, settings.maxLimit) : settings.maxLimit,
          filter: { includeChildren: true },
          ...(marker === '' ? {} : { marker }),
        });
        return { nodes: page.items.map(nodeMessage), nextMarker: page.next ?? '' };
      }),

    createNode: ({ requestId, nodeJson }, call) =>
      answer(async () => {
        const node = await nodes.create(objectField('node_json', nodeJson), newest, callerOf(call, { requestId }));
        return { node: nodeMessage(node) };
      }),

    patchNode: ({ requestId, ident, patchJson, expectedRevision, resetInterfaces }, call) =>
      answer(async () => {
        const patch = parsePatch(jsonField('patch_json', patchJson), newest);
        const caller = callerOf(call, { requestId, expectedRevision });
        return { node: nodeMessage(await nodes.patch(ident, patch, { minor: newest, resetInterfaces }, caller)) };
      }),

    deleteNode: ({ requestId, ident, expectedRevision }, call) =>
      answer(async () => {
        await nodes.remove(ident, callerOf(call, { requestId, expectedRevision }));
        return {};
      }),

    setProvisionState: ({ requestId, ident, target, argumentsJson, expectedRevision }, call) =>
      answer(async () => {
        const body = { ...objectField('arguments_json', argumentsJson), target };
        const node = await verbs.provision(ident, body, newest, callerOf(call, { requestId, expectedRevision }));
        return { node: nodeMessage(node) };
      }),

    setPowerState: ({ requestId, ident, target, timeoutSeconds, expectedRevision }, call) =>
      answer(async () => {
        const body = { target, ...(timeoutSeconds > 0 ? { timeout: timeoutSeconds } : {}) };
        const node = await verbs.power(ident, body, newest, callerOf(call, { requestId, expectedRevision }));
        return { node: nodeMessage(node) };
      }),

    setMaintenance: ({ requestId, ident, maintenance, reason }, call) =>
      answer(async () => {
        const node = await nodes.setMaintenance(
          ident,
          maintenance,
          given(reason) ?? null,
          callerOf(call, { requestId }),
        );
        return { node: nodeMessage(node) };
      }),

    validateNode: ({ ident }) =>
      answer(async () => {
        const verdicts = validateNode(await nodes.get(ident));
        return {
          results: [...verdicts].map(([kind, verdict]) => ({
            interface: kind,
            hasResult: true,
            result: verdict.result,
            reason: verdict.result ? '' : verdict.reason,
          })),
        };
      }),

    getInventory: ({ ident }) =>
      answer(async () => {
        const { uuid } = await nodes.get(ident);
        const inventory = await store.blobs.get(uuid, 'inventory');
        if (inventory === undefined) throw notFound(`Node inventory record for node ${uuid} could not be found.`);
        const pluginData = await store.blobs.get(uuid, 'plugin-data');
        return {
          inventoryJson: new Uint8Array(inventory),
          pluginDataJson: new Uint8Array(pluginData ?? []),
        };
      }),

    listPorts: ({ nodeIdent, address }) =>
      answer(async () => {
        const { items } = await store.ports.list({
          filter: {
            ...(nodeIdent === '' ? {} : { nodeUuid: (await nodes.get(nodeIdent)).uuid }),
            ...(address === '' ? {} : { address: parseMac('address', address) }),
          },
        });
        return { ports: items.map(portMessage) };
      }),

    createPort: ({ requestId, portJson }, call) =>
      answer(async () => {
        const port = await ports.create(objectField('port_json', portJson), newest, callerOf(call, { requestId }));
        return { port: portMessage(port) };
      }),

    patchPort: ({ requestId, uuid, patchJson }, call) =>
      answer(async () => {
        const patch = parsePatch(jsonField('patch_json', patchJson), newest);
        return { port: portMessage(await ports.patch(uuid, patch, newest, callerOf(call, { requestId }))) };
      }),

    deletePort: ({ requestId, uuid }, call) =>
      answer(async () => {
        await ports.remove(uuid, callerOf(call, { requestId }));
        return {};
      }),

    attachVirtualMedia: ({ requestId, ident, deviceType, imageUrl, imageDownloadSource }, call) =>
      answer(async () => {
        const medium = readMedium({
          device_type: deviceType,
          image_url: imageUrl,
          image_download_source: given(imageDownloadSource) ?? null,
        });
        await verbs.request(
          ident,
          'attach-media',
          (node) => (checkMediaNode(node), medium),
          callerOf(call, { requestId }),
        );
        return {};
      }),

    detachVirtualMedia: ({ requestId, ident, deviceTypes }, call) =>
      answer(async () => {
        const args = { device_types: deviceTypes };
        await verbs.request(
          ident,
          'detach-media',
          (node) => (checkMediaNode(node), args),
          callerOf(call, { requestId }),
        );
        return {};
      }),

    listVirtualMedia: ({ ident }) =>
      answer(async () => {
        const node = await nodes.get(ident);
        checkMediaNode(node, 'get_virtual_media');
        // What a conductor is about to change is not worth reading.
        if (node.reservation !== null) throw locked(node.uuid, node.reservation);
        return { devicesJson: Buffer.from(await bmc.virtualMedia(node)) };
      }),

    vendorPassthru: ({ requestId, ident, method, httpMethod, argumentsJson }) =>
      answer(async () => {
        const http = parseMethod(httpMethod);
        const args = objectField('arguments_json', argumentsJson);
        const result = await vendor(ident, { method, http, args, requestId });
        return { resultJson: Buffer.from((result.kind === 'done' && result.json) || '') };
      }),

    setTargetRaidConfig: ({ requestId, ident, configJson, expectedRevision }, call) =>
      answer(async () => {
        const config = objectField('config_json', configJson);
        const node = await nodes.setTargetRaid(ident, config, callerOf(call, { requestId, expectedRevision }));
        return { node: nodeMessage(node) };
      }),

    getFirmware: ({ ident }) =>
      answer(async () => {
        const { uuid } = await nodes.get(ident);
        const [bios, components] = await Promise.all([
          store.blobs.get(uuid, 'bios'),
          store.blobs.get(uuid, 'firmware'),
        ]);
        return { biosSettingsJson: new Uint8Array(bios ?? []), componentsJson: new Uint8Array(components ?? []) };
      }),

    listDrivers: () =>
      answer(async () => {
        const catalogue = await directory.current();
        return { drivers: [...catalogue.drivers.values()].map(({ name, hosts }) => ({ name, hosts: [...hosts] })) };
      }),

    watch: ({ resumeToken, uuids }, call) =>
      answers(async function* () {
        const events = store.changes.watchNodes({
          signal: call.signal,
          ...(resumeToken === '' ? {} : { from: resumeToken }),
          ...(uuids.length === 0 ? {} : { uuids }),
        });
        for await (const { kind, item, uuid, token } of watchMessages(events, nodeMessage)) {
          yield { kind, uuid, token, ...(item === undefined ? {} : { node: item }) };
        }
      }),
  });
  return screened(service);
}
