import { validateNode } from '@metal3/node';
import type { Dependencies } from '../dependencies.ts';
import { invalid } from '../faults.ts';
import { argumentsOf } from '../http/body.ts';
import { pythonText } from '../http/python-text.ts';
import { parseBoolean, parseList, Query } from '../http/query.ts';
import { accepted, noContent, ok, okObject, type ApiRequest, type Route } from '../http/route.ts';
import type { verbOperations } from '../verbs/perform.ts';
import { parseNodeIdent } from './names.ts';
import type { NodeOperations } from './perform.ts';
import { callerOf, nodeIdent } from './routes.ts';
import { longestReason } from './schema.ts';
import { checkMediaNode, readMedium, deviceTypes } from './virtual-media.ts';

/** Why a node is put into maintenance. @throws Fault (400) for what is no text, or no text for people */
function readReason(reason: unknown): string | null {
  if (reason === undefined || reason === null) return null;
  if (typeof reason !== 'string') throw invalid(`Expected string for reason: ${pythonText(reason)}`);
  if (reason.length > longestReason)
    throw invalid(`The reason is too long: ${reason.length} characters; at most ${longestReason} are kept`);
  return reason;
}

/** Maintenance, validation, boot device, NMI and virtual media of one node. */
export function managementRoutes(
  { bmc }: Dependencies,
  nodes: NodeOperations,
  verbs: ReturnType<typeof verbOperations>,
): readonly Route[] {
  const validated = async (ident: string) =>
    okObject(Object.fromEntries(validateNode(await nodes.get(ident)).entries()));
  const nodeOf = (request: ApiRequest) => nodes.get(nodeIdent(request));

  return [
    {
      method: 'PUT',
      path: '/v1/nodes/:node/maintenance',
      async handle(request) {
        const { reason, ...others } = argumentsOf(request.body, request.query);
        if (Object.keys(others).length > 0)
          throw invalid(`Unexpected arguments: ${Object.keys(others).sort().join(', ')}`);
        await nodes.setMaintenance(nodeIdent(request), true, readReason(reason), callerOf(request));
        return accepted();
      },
    },
    {
      method: 'DELETE',
      path: '/v1/nodes/:node/maintenance',
      async handle(request) {
        await nodes.setMaintenance(nodeIdent(request), false, null, callerOf(request));
        return accepted();
      },
    },
    { method: 'GET', path: '/v1/nodes/:node/validate', handle: (request) => validated(nodeIdent(request)) },
    {
      method: 'GET',
      path: '/v1/nodes/validate',
      handle(request) {
        const query = new Query(request.query, request.minor);
        const ident = query.text('node') ?? query.text('node_uuid');
        query.refuseOthers();
        if (ident === undefined) throw invalid('Missing mandatory parameter: node');
        return validated(parseNodeIdent(ident));
      },
    },
    {
      method: 'GET',
      path: '/v1/nodes/:node/management/boot_device',
      async handle(request) {
        const { bootDevice, persistent } = await bmc.bootDevice(await nodeOf(request));
        return okObject({ boot_device: bootDevice, persistent });
      },
    },
    {
      method: 'PUT',
      path: '/v1/nodes/:node/management/boot_device',
      async handle(request) {
        const { boot_device: device, persistent } = argumentsOf(request.body, request.query);
        if (typeof device !== 'string') throw invalid('Missing mandatory parameter: boot_device');
        const lasting =
          persistent === undefined || persistent === null ? false : parseBoolean('persistent', persistent);
        await bmc.setBootDevice(await nodeOf(request), device, lasting, request.requestId);
        return noContent;
      },
    },
    {
      method: 'GET',
      path: '/v1/nodes/:node/management/boot_device/supported',
      handle: async (request) =>
        okObject({ supported_boot_devices: await bmc.supportedBootDevices(await nodeOf(request)) }),
    },
    {
      method: 'PUT',
      path: '/v1/nodes/:node/management/inject_nmi',
      since: 29,
      async handle(request) {
        await bmc.injectNmi(await nodeOf(request), request.requestId);
        return noContent;
      },
    },
    {
      method: 'GET',
      path: '/v1/nodes/:node/vmedia',
      since: 93,
      async handle(request) {
        const node = await nodeOf(request);
        checkMediaNode(node, 'get_virtual_media');
        return ok(await bmc.virtualMedia(node));
      },
    },
    {
      method: 'POST',
      path: '/v1/nodes/:node/vmedia',
      since: 89,
      async handle(request) {
        const medium = readMedium(argumentsOf(request.body, request.query));
        await verbs.request(
          nodeIdent(request),
          'attach-media',
          (node) => (checkMediaNode(node), medium),
          callerOf(request),
        );
        return noContent;
      },
    },
    {
      method: 'DELETE',
      path: '/v1/nodes/:node/vmedia',
      since: 89,
      async handle(request) {
        const { device_types: given } = argumentsOf(request.body, request.query);
        if (given !== undefined && typeof given !== 'string' && !Array.isArray(given))
          throw invalid('Expected a list for device_types');
        const types = given === undefined ? [] : parseList(given as string | readonly string[]);
        for (const type of types) {
          if (!deviceTypes.includes(type))
            throw invalid(`Invalid virtual media device type ${type}; use ${deviceTypes.join(', ')}`);
        }
        await verbs.request(
          nodeIdent(request),
          'detach-media',
          (node) => (checkMediaNode(node), { device_types: types }),
          callerOf(request),
        );
        return noContent;
      },
    },
  ];
}
