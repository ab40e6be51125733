import type { Indicator, IndicatorName } from '../bmc/ports.ts';
import type { Dependencies } from '../dependencies.ts';
import { invalid } from '../faults.ts';
import { argumentsOf } from '../http/body.ts';
import { linkPair } from '../http/links.ts';
import { noContent, okObject, type ApiRequest, type Route } from '../http/route.ts';
import type { NodeOperations } from './perform.ts';
import { nodeIdent } from './routes.ts';

/** `led@system`: the name of an indicator and what it belongs to. @throws Fault (400) */
function indicatorOf({ params }: ApiRequest): IndicatorName {
  const unique = params['indicator'] ?? '';
  const at = unique.indexOf('@');
  if (at < 0) throw invalid(`Malformed indicator name "${unique}"; it is NAME@COMPONENT, such as led@system`);
  return { name: unique.slice(0, at), component: unique.slice(at + 1) };
}

/** The lamps of a machine. They came with 1.63, but Ironic shows them to older clients as well. */
export function indicatorRoutes({ bmc }: Dependencies, nodes: NodeOperations): readonly Route[] {
  const all = '/v1/nodes/:node/management/indicators';
  const one = `${all}/:indicator`;
  return [
    {
      method: 'GET',
      path: all,
      async handle(request) {
        const ident = nodeIdent(request);
        const shown = ({ component, name, readOnly, states }: Indicator) => ({
          name: `${name}@${component}`,
          component,
          readonly: readOnly,
          states,
          links: linkPair(request.base, `nodes/${ident}/management/indicators/${name}@${component}`),
        });
        return okObject({ indicators: (await bmc.indicators(await nodes.get(ident))).map(shown) });
      },
    },
    {
      method: 'GET',
      path: one,
      async handle(request) {
        const which = indicatorOf(request);
        return okObject({ state: await bmc.indicator(await nodes.get(nodeIdent(request)), which) });
      },
    },
    {
      method: 'PUT',
      path: one,
      async handle(request) {
        const which = indicatorOf(request);
        const { state, ...others } = argumentsOf(request.body, request.query);
        if (Object.keys(others).length > 0)
          throw invalid(`Unexpected arguments: ${Object.keys(others).sort().join(', ')}`);
        if (state === undefined) throw invalid('Missing mandatory parameter: state');
        if (typeof state !== 'string') throw invalid('Expected string for state');
        await bmc.setIndicator(await nodes.get(nodeIdent(request)), which, state, request.requestId);
        return noContent;
      },
    },
  ];
}
