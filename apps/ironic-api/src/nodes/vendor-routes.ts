import { Fault, invalid } from '../faults.ts';
import { okObject, type ApiRequest, type Method, type Route } from '../http/route.ts';
import type { NodeOperations } from './perform.ts';
import { nodeIdent } from './routes.ts';

/** Vendor pass-through: no interface of this release offers any method, and says so in upstream's words. */
export function vendorRoutes(nodes: NodeOperations): readonly Route[] {
  const path = '/v1/nodes/:node/vendor_passthru';
  const methods: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
  const refuse = async (request: ApiRequest) => {
    const node = await nodes.get(nodeIdent(request));
    const method = request.params['method'] ?? request.query['method'];
    if (method === undefined) throw invalid('Missing mandatory parameter: method');
    throw new Fault(
      'unsupported',
      `Vendor interface ${node.interfaces.vendor ?? 'no-vendor'} has no method ${String(method)}.`,
    );
  };
  return [
    {
      method: 'GET',
      path: `${path}/methods`,
      async handle(request) {
        await nodes.get(nodeIdent(request));
        return okObject({});
      },
    },
    ...methods.flatMap((method): Route[] => [
      { method, path, handle: refuse },
      { method, path: `${path}/:method`, handle: refuse },
    ]),
  ];
}
