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

/** @throws Fault (400) for what is no HTTP method that vendor methods are called by */
export function parseMethod(http: string): Method {
  const found = methods.find((method) => method === http);
  if (found === undefined) throw invalid(`http_method is ${JSON.stringify(http)}; use ${methods.join(', ')}`);
  return found;
}

/** How a vendor method is called, by whichever edge. */
export interface VendorCall {
  readonly method: string;
  readonly http: Method;
  readonly args: Readonly<Record<string, unknown>>;
  readonly requestId: string;
}

export type VendorAnswer =
  | { readonly kind: 'accepted' }
  /** With its result as JSON text, where it has one. */
  | { readonly kind: 'done'; readonly json: string | undefined };

/** Calls methods of the vendor interfaces of nodes. @throws Fault (400) for a method that the node's interface does not have */
export function vendorCalls({ bmc }: Pick<Dependencies, 'bmc'>, nodes: NodeOperations) {
  return async (ident: string, { method, http, args, requestId }: VendorCall): Promise<VendorAnswer> => {
    const node = await nodes.get(ident);
    const { run, async } = vendorMethod(node.interfaces.vendor, method, http);
    if (run === undefined) {
      // Also of what Ironic would only accept: a client learns at once whether the BMC did it.
      const json = await bmc.callVendorMethod(node, method, args, requestId);
      return async ? { kind: 'accepted' } : { kind: 'done', json };
    }
    const result = run(args);
    if (async) return { kind: 'accepted' };
    return { kind: 'done', json: result === undefined ? undefined : JSON.stringify(result) };
  };
}

/** Vendor pass-through of nodes: what their vendor interface offers beyond the API. */
export function vendorRoutes({ bmc }: Pick<Dependencies, 'bmc'>, nodes: NodeOperations): readonly Route[] {
  const path = '/v1/nodes/:node/vendor_passthru';
  const run = vendorCalls({ bmc }, nodes);
  const call =
    (http: Method) =>
    async (request: ApiRequest): Promise<ApiReply> => {
      const { body, requestId } = request;
      const method = passthruMethod(request);
      const answer = await run(nodeIdent(request), { method, http, args: argumentsOf(body), requestId });
      if (answer.kind === 'accepted') return accepted();
      return answer.json === undefined ? noContent : ok(answer.json);
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
