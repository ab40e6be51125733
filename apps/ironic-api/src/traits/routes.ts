import type { Node } from '@metal3/node';
import type { Dependencies } from '../dependencies.ts';
import { invalid, notFound } from '../faults.ts';
import { argumentsOf } from '../http/body.ts';
import { noContent, okObject, type ApiRequest, type Route } from '../http/route.ts';
import { onceUnlocked } from '../nodes/locking.ts';
import type { NodeOperations } from '../nodes/perform.ts';
import { callerOf, nodeIdent } from '../nodes/routes.ts';
import { checkTrait, checkTraits } from './names.ts';

/** /v1/nodes/{node}/traits. Each method reacts to an old version in its own way. */
export function traitRoutes({ store, clock, settings }: Dependencies, nodes: NodeOperations): readonly Route[] {
  const change = (request: ApiRequest, decide: (node: Node) => readonly string[]) =>
    onceUnlocked(clock, settings.lockWaitMs, () =>
      store.nodes.change(nodeIdent(request), (node) => ({ traits: decide(node) }), {
        principal: callerOf(request).principal.name,
      }),
    );
  const one = '/v1/nodes/:node/traits/:trait';
  const all = '/v1/nodes/:node/traits';

  return [
    {
      method: 'GET',
      path: all,
      since: 37,
      before: 406,
      handle: async (request) => okObject({ traits: (await nodes.get(nodeIdent(request))).traits }),
    },
    {
      method: 'PUT',
      path: all,
      since: 37,
      before: 405,
      async handle(request) {
        const { traits } = argumentsOf(request.body, request.query);
        if (traits === undefined) throw invalid('Missing mandatory parameter: traits');
        if (!Array.isArray(traits)) throw invalid('Schema error for traits: an array of names is expected');
        const names = checkTraits(traits);
        await change(request, () => names);
        return noContent;
      },
    },
    {
      method: 'PUT',
      path: one,
      since: 37,
      before: 405,
      async handle(request) {
        if (request.body !== undefined && Object.keys(request.body as object).length > 0) {
          throw invalid('A body is not allowed when the trait is part of the URL');
        }
        const trait = checkTrait(request.params['trait']);
        await change(request, (node) => checkTraits([...node.traits, trait]));
        return { status: 204, location: `/v1/nodes/${request.params['node'] ?? ''}/traits/${trait}` };
      },
    },
    {
      method: 'DELETE',
      path: all,
      since: 37,
      async handle(request) {
        await change(request, () => []);
        return noContent;
      },
    },
    {
      method: 'DELETE',
      path: one,
      since: 37,
      async handle(request) {
        const { trait } = request.params;
        await change(request, (node) => {
          if (!node.traits.includes(trait ?? '')) throw notFound(`Node ${node.uuid} doesn't have a trait '${trait}'`);
          return node.traits.filter((name) => name !== trait);
        });
        return noContent;
      },
    },
  ];
}
