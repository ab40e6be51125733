import { invalid, notAcceptable } from '../faults.ts';
import { argumentsOf } from '../http/body.ts';
import { noContent, okObject, type Route } from '../http/route.ts';
import type { NodeOperations } from './perform.ts';
import { nodeIdent } from './routes.ts';

/**
 * Virtual interfaces. The only network interface here is `noop`, which leaves switches alone: as upstream's, it accepts what it is told and
 * has nothing attached.
 */
export function vifRoutes(nodes: NodeOperations): readonly Route[] {
  const path = '/v1/nodes/:node/vifs';
  const since = 28;
  return [
    {
      method: 'GET',
      path,
      since,
      async handle(request) {
        await nodes.get(nodeIdent(request));
        return okObject({ vifs: [] });
      },
    },
    {
      method: 'POST',
      path,
      since,
      async handle(request) {
        const { id, port_uuid: port, portgroup_uuid: portgroup } = argumentsOf(request.body, request.query);
        if (id === undefined || id === null) throw invalid('Missing mandatory parameter: id');
        if (typeof id !== 'string') throw invalid('Expected string for id');
        if ((port !== undefined || portgroup !== undefined) && request.minor < 67) throw notAcceptable();
        if (port !== undefined && portgroup !== undefined)
          throw invalid('Cannot specify both port_uuid and portgroup_uuid');
        await nodes.get(nodeIdent(request));
        return noContent;
      },
    },
    {
      method: 'DELETE',
      path: `${path}/:vif`,
      since,
      async handle(request) {
        await nodes.get(nodeIdent(request));
        return noContent;
      },
    },
  ];
}
