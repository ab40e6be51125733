import type { Node } from '@metal3/node';
import type { Dependencies } from '../dependencies.ts';
import { argumentsOf, bodyLimits } from '../http/body.ts';
import { Fault, invalid } from '../faults.ts';
import { parseBoolean } from '../http/query.ts';
import { accepted, noContent, ok, type ApiRequest, type Route } from '../http/route.ts';
import type { verbOperations } from '../verbs/perform.ts';
import type { NodeOperations } from './perform.ts';
import { renderNode } from './render.ts';
import { callerOf, nodeIdent } from './routes.ts';

const stateFields = [
  'console_enabled',
  'last_error',
  'power_state',
  'provision_state',
  'target_power_state',
  'target_provision_state',
  'provision_updated_at',
];
const raidFields = ['raid_config', 'target_raid_config'];
const bootFields = ['boot_mode', 'secure_boot'];
const shown = {
  first: stateFields,
  withRaid: [...stateFields, ...raidFields],
  full: [...stateFields, ...raidFields, ...bootFields],
};
const shownAt = (minor: number) => (minor >= 75 ? shown.full : minor >= 12 ? shown.withRaid : shown.first);

/** A BMC is reconfigured only while nothing else is going on. */
const settled = (node: Node): void => {
  if (node.targetProvisionState !== null && node.provisionState !== 'active') {
    throw new Fault('conflict', `Node ${node.uuid} can not be updated while a state transition is in progress.`);
  }
};

/** /v1/nodes/{node}/states and what hangs on it. */
export function stateRoutes(
  { directory }: Dependencies,
  nodes: NodeOperations,
  verbs: ReturnType<typeof verbOperations>,
): readonly Route[] {
  const statesOf = ({ params }: ApiRequest): string => `/v1/nodes/${params['node'] ?? ''}/states`;
  return [
    {
      method: 'GET',
      path: '/v1/nodes/:node/states',
      async handle(request) {
        const node = await nodes.get(nodeIdent(request));
        await directory.current();
        return ok(renderNode(node, shownAt(request.minor), { ...request, conductorOf: () => null }));
      },
    },
    {
      method: 'PUT',
      path: '/v1/nodes/:node/states/provision',
      bodyLimit: bodyLimits.provision,
      async handle(request) {
        const body = argumentsOf(request.body, request.query);
        await verbs.provision(nodeIdent(request), body, request.minor, callerOf(request));
        return accepted(statesOf(request));
      },
    },
    {
      method: 'PUT',
      path: '/v1/nodes/:node/states/power',
      async handle(request) {
        const body = argumentsOf(request.body, request.query);
        await verbs.power(nodeIdent(request), body, request.minor, callerOf(request));
        return accepted(statesOf(request));
      },
    },
    {
      method: 'PUT',
      path: '/v1/nodes/:node/states/raid',
      since: 12,
      before: 406,
      async handle(request) {
        await nodes.setTargetRaid(nodeIdent(request), request.body, callerOf(request));
        return noContent;
      },
    },
    {
      method: 'PUT',
      path: '/v1/nodes/:node/states/boot_mode',
      since: 76,
      async handle(request) {
        const { target } = argumentsOf(request.body, request.query);
        if (target === undefined) throw invalid('Missing mandatory parameter: target');
        if (target !== 'bios' && target !== 'uefi') {
          throw invalid(`Invalid boot mode ${String(target)} specified. Supported boot modes are: bios, uefi`);
        }
        await verbs.request(
          nodeIdent(request),
          'set-boot-mode',
          (node) => (settled(node), { boot_mode: target }),
          callerOf(request),
        );
        return accepted(statesOf(request));
      },
    },
    {
      method: 'PUT',
      path: '/v1/nodes/:node/states/secure_boot',
      since: 76,
      async handle(request) {
        const { target } = argumentsOf(request.body, request.query);
        if (target === undefined) throw invalid('Missing mandatory parameter: target');
        const on = parseBoolean('target', target);
        await verbs.request(
          nodeIdent(request),
          'set-secure-boot',
          (node) => (settled(node), { secure_boot: on }),
          callerOf(request),
        );
        return accepted(statesOf(request));
      },
    },
  ];
}
