import type { JsonObject } from '@metal3/node';
import type { NodeStore, UserRecord } from '@metal3/node-store';
import { invalid, notFound } from '../faults.ts';
import { argumentsOf } from '../http/body.ts';
import { noContent, okObject, type ApiRequest, type Route } from '../http/route.ts';
import { checkTrait, checkTraits } from '../traits/names.ts';

/** The traits of a runbook; nodes that have one of them may use it. */
export const traitsOfRunbook = ({ body }: UserRecord): readonly string[] =>
  Array.isArray(body['traits']) ? body['traits'].filter((trait) => typeof trait === 'string') : [];

/** /v1/runbooks/{runbook}/traits. */
export function runbookTraitRoutes({ records }: Pick<NodeStore, 'records'>): readonly Route[] {
  const all = '/v1/runbooks/:record/traits';
  const one = `${all}/:trait`;
  const since = 112;
  const find = async ({ params }: ApiRequest): Promise<UserRecord> => {
    const ident = params['record'] ?? '';
    const runbook = await records.find('runbook', ident);
    if (runbook === undefined) throw notFound(`Runbook ${ident} could not be found.`);
    return runbook;
  };
  const change = async (request: ApiRequest, decide: (traits: readonly string[]) => readonly string[]) => {
    const { uuid } = await find(request);
    await records.change('runbook', uuid, (runbook) => ({
      body: { ...runbook.body, traits: decide(traitsOfRunbook(runbook)) } satisfies JsonObject,
    }));
    return noContent;
  };

  return [
    {
      method: 'GET',
      path: all,
      since,
      handle: async (request) => okObject({ traits: traitsOfRunbook(await find(request)) }),
    },
    {
      method: 'PUT',
      path: all,
      since,
      handle(request) {
        const { traits } = argumentsOf(request.body, request.query);
        if (!Array.isArray(traits)) throw invalid('Schema error for traits: an array of names is expected');
        const names = checkTraits(traits);
        return change(request, () => names);
      },
    },
    {
      method: 'PUT',
      path: one,
      since,
      handle(request) {
        const trait = checkTrait(request.params['trait']);
        return change(request, (traits) => checkTraits([...traits, trait]));
      },
    },
    { method: 'DELETE', path: all, since, handle: (request) => change(request, () => []) },
    {
      // One that the runbook does not have is gone already: unlike those of nodes, as upstream has it.
      method: 'DELETE',
      path: one,
      since,
      handle: (request) => change(request, (traits) => traits.filter((name) => name !== request.params['trait'])),
    },
  ];
}
