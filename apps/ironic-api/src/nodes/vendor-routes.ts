import type { Dependencies } from '../dependencies.ts';
import { invalid } from '../faults.ts';
import { argumentsOf } from '../http/body.ts';
import {
  accepted,
  noContent,
  ok,
  okObject,
  type ApiReply,
  type ApiRequest,
  type Method,
  type Route,
} from '../http/route.ts';
import type { NodeOperations } from './perform.ts';
import { nodeIdent } from './routes.ts';
import { vendorMethod, vendorMethods } from './vendor-methods.ts';

const methods: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** The name of a pass-through method, in the path or in the query. @throws Fault (400) when it is in neither */
export function passthruMethod({ params, query }: ApiRequest): string {
  const method = params['method'] ?? query['method'];
  if (typeof method !== 'string' || method === '') throw invalid('Missing mandatory parameter: method');
  return method;
}

/** Vendor pass-through of nodes: what their vendor interface offers beyond the API. */
export function vendorRoutes({ bmc }: Pick<Dependencies, 'bmc'>, nodes: NodeOperations): readonly Route[] {
  const path = '/v1/nodes/:node/vendor_passthru';
  const call =
    (http: Method) =>
    async (request: ApiRequest): Promise<ApiReply> => {
      const node = await nodes.get(nodeIdent(request));
      const name = passthruMethod(request);
      const { run, async } = vendorMethod(node.interfaces.vendor, name, http);
      const args = argumentsOf(request.body);
      if (run === undefined) {
        const json = await bmc.callVendorMethod(node, name, args, request.requestId);
        return json === undefined ? noContent : ok(json);
      }
      const result = run(args);
      if (async) return accepted();
      return result === undefined ? noContent : okObject(result);
    };
  return [
    {
      method: 'GET',
      path: `${path}/methods`,
      handle: async (request) => okObject(vendorMethods((await nodes.get(nodeIdent(request))).interfaces.vendor)),
    },
    ...methods.flatMap((method): Route[] => [
      { method, path, handle: call(method) },
      { method, path: `${path}/:method`, handle: call(method) },
    ]),
  ];
}
