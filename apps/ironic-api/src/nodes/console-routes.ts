import type { Node } from '@metal3/node';
import type { Dependencies } from '../dependencies.ts';
import { Fault, invalid } from '../faults.ts';
import { argumentsOf } from '../http/body.ts';
import { parseBoolean } from '../http/query.ts';
import { accepted, okObject, type Route } from '../http/route.ts';
import type { NodeOperations } from './perform.ts';
import { callerOf, nodeIdent } from './routes.ts';

/** @throws Fault (400) when the node's console interface offers none */
function checkConsole({ driver, interfaces }: Node): void {
  if ((interfaces.console ?? 'no-console') !== 'no-console') return;
  throw new Fault('unsupported', `Driver ${driver} does not support console (disabled or not implemented).`);
}

/** /v1/nodes/{node}/states/console. The only console interface is that of fake-hardware: it can be switched, and shows nothing. */
export function consoleRoutes({ store }: Pick<Dependencies, 'store'>, nodes: NodeOperations): readonly Route[] {
  const path = '/v1/nodes/:node/states/console';
  return [
    {
      method: 'GET',
      path,
      async handle(request) {
        const node = await nodes.get(nodeIdent(request));
        return okObject({ console_enabled: node.consoleEnabled, console_info: node.consoleEnabled ? {} : null });
      },
    },
    {
      method: 'PUT',
      path,
      async handle(request) {
        const { enabled } = argumentsOf(request.body, request.query);
        if (enabled === undefined) throw invalid('Missing mandatory parameter: enabled');
        const on = parseBoolean('enabled', enabled);
        await store.nodes.change(
          nodeIdent(request),
          (node) => (checkConsole(node), { patch: { consoleEnabled: on } }),
          {
            principal: callerOf(request).principal.name,
          },
        );
        return accepted(`/v1/nodes/${request.params['node'] ?? ''}/states/console`);
      },
    },
  ];
}
