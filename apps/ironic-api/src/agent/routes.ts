import type { Node } from '@metal3/node';
import type { Dependencies } from '../dependencies.ts';
import { hiddenFromAgents, invalid, nodeNotFound, notFound, Fault } from '../faults.ts';
import { argumentsOf, bodyLimits } from '../http/body.ts';
import { isUuid, parseUuid, Query } from '../http/query.ts';
import { accepted, okObject, type ApiReply, type ApiRequest, type Route } from '../http/route.ts';
import { parseNodeIdent } from '../nodes/names.ts';
import { agentConfig } from './config.ts';
import { decideHeartbeat, readHeartbeat } from './heartbeat.ts';
import { readReport, reportedNode } from './inspection.ts';
import { lookupNode, mayLookUp, readLookup, skipsBmcDetection } from './lookup.ts';
import { mask } from '@metal3/node';

const tokenBytes = 32;

/**
 * What agents call: lookup, heartbeat, continue_inspection. Machines have no credentials; the state of their node and the token of this
 * boot decide what they may do. What they said is in the store, and the node is awake, before they get their answer.
 */
export function agentRoutes({ store, hints, directory, clock, random, settings }: Dependencies): readonly Route[] {
  return [
    { method: 'GET', path: '/v1/lookup', public: true, since: 22, handle: lookUp },
    { method: 'POST', path: '/v1/heartbeat/:node', public: true, since: 22, handle: heartbeat },
    { method: 'POST', path: '/v1/heartbeat', public: true, since: 22, handle: heartbeatNamingNode },
    {
      method: 'POST',
      path: '/v1/continue_inspection',
      public: true,
      bodyLimit: bodyLimits.inspection,
      nul: 'dropped',
      handle: continueInspection,
    },
  ];

  async function lookUp(request: ApiRequest): Promise<ApiReply> {
    const query = new Query(request.query, request.minor);
    const key = readLookup(query.text('addresses'), query.text('node_uuid'));
    query.refuseOthers();
    const node = 'nodeUuid' in key ? await store.nodes.find(key.nodeUuid) : await onlyNode(key.addresses);
    if (node === undefined || !mayLookUp(node, settings)) throw hiddenFromAgents();
    return okObject(await introduction(node, request));
  }

  async function onlyNode(addresses: readonly string[]): Promise<Node | undefined> {
    const nodes = await store.nodes.findByAddresses(addresses);
    return nodes.length === 1 ? nodes[0] : undefined;
  }

  /** The node and what the agent needs to serve it; the token only the first time in each boot. */
  async function introduction(node: Node, { base, minor }: ApiRequest) {
    const token = minor >= 62 ? await issueToken(node) : null;
    const shown = await store.nodes.get(node.uuid);
    return {
      node: lookupNode(shown, base),
      config: agentConfig(settings.agentHeartbeatTimeoutSeconds, token ?? mask, skipsBmcDetection(node)),
    };
  }

  async function issueToken(node: Node): Promise<string> {
    const token = random.token(tokenBytes);
    return (await store.agents.issueToken(node.uuid, token)) ? token : mask;
  }

  /** Clients other than agents name the node among the arguments. */
  async function heartbeatNamingNode(request: ApiRequest): Promise<ApiReply> {
    const { node_ident: node, ...body } = argumentsOf(request.body, request.query);
    if (node === undefined) throw invalid('Missing mandatory parameter: node_ident');
    return heartbeat({ ...request, params: { node: String(node) }, body });
  }

  async function heartbeat(request: ApiRequest): Promise<ApiReply> {
    const ident = parseNodeIdent(request.params['node'] ?? '');
    const message = readHeartbeat(argumentsOf(request.body, request.query), request.minor);
    const found = isUuid(ident) ? { uuid: ident } : await store.nodes.find(ident);
    if (found === undefined) throw nodeNotFound(ident);
    const node = await store.agents.record(found.uuid, (known) => {
      const catalogue = directory.last();
      if (catalogue.conductors.length > 0 && catalogue.conductorFor(known.node) === undefined) {
        throw new Fault(
          'no-valid-host',
          `No valid host was found. Reason: no conductor serves node ${known.node.uuid}.`,
        );
      }
      return decideHeartbeat(message, known, { requireTls: settings.requireAgentTls, now: clock.now() });
    });
    hints.hint(node.uuid, node.conductorGroup);
    return accepted();
  }

  async function continueInspection(request: ApiRequest): Promise<ApiReply> {
    const { minor } = request;
    const query = new Query(request.query, minor);
    const uuid = query.text('node_uuid');
    query.refuseOthers();
    // Agents send no version at all, which is 1.1; everybody else must know the endpoint.
    if (minor !== 1 && minor < 84) throw notFound('The API is not supported for this version');
    if (minor === 1 && uuid !== undefined) throw invalid('Unexpected arguments: node_uuid');
    const report = readReport(request.body);

    const [named, byAddress] = await Promise.all([
      uuid === undefined ? undefined : store.nodes.find(parseUuid('node_uuid', uuid)),
      store.nodes.findByAddresses(report.addresses),
    ]);
    if (uuid !== undefined && named === undefined) throw hiddenFromAgents();
    const node = reportedNode(report, { named, byAddress });
    if (node === undefined) throw hiddenFromAgents();

    const answer = minor === 1 ? { uuid: node.uuid } : await introduction(node, request);
    const data = JSON.stringify(request.body);
    await store.agents.record(node.uuid, (known) => {
      if (reportedNode(report, { named: known.node, byAddress: [] }) === undefined) throw hiddenFromAgents();
      return { inspectionData: data, wake: true };
    });
    hints.hint(node.uuid, node.conductorGroup);
    return { status: 202, json: JSON.stringify(answer) };
  }
}
