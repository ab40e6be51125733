import { context, propagation } from '@opentelemetry/api';
import { acceptsVerb, holdStates, unstableStates, type Node } from '@metal3/node';
import type { NodeChange, WorkOrigin } from '@metal3/node-store';
import type { Dependencies } from '../dependencies.ts';
import { Fault, invalid, notAcceptable } from '../faults.ts';
import { parseInteger } from '../http/query.ts';
import { onceUnlocked, powerChanging } from '../nodes/locking.ts';
import { originOf, type Caller } from '../nodes/perform.ts';
import { decidePower, decideProvision } from './decide.ts';
import { findPreparedSteps, withRunbook, withTemplates, type PreparedSteps } from './prepared-steps.ts';
import { checkProvisionRequest, type CanonicalVerb, type ProvisionRequest } from './provision-request.ts';

/** Accepts verbs: one transaction each, then a hint to the conductors, which may be lost without harm. */
export function verbOperations({ store, hints, clock, settings }: Dependencies) {
  return {
    async provision(
      ident: string,
      body: Readonly<Record<string, unknown>>,
      minor: number,
      caller: Caller,
    ): Promise<Node> {
      await refuseOverload(body);
      const prepared = await findPreparedSteps(store.records, body, minor);
      const origin = originOfWork(caller);
      const steers = body['target'] === 'abort' || body['target'] === 'unhold';
      return accept(
        ident,
        caller,
        (node) => {
          const request = checkProvisionRequest(withRunbook(body, prepared.runbook, node), node, minor, allowed);
          const change = decideProvision(
            node,
            withDeploySteps(request, prepared, node),
            caller.principal.name,
            settings,
          );
          // A machine on its way to another power state shows the one it had: work that begins now would build on it.
          const atRest = !unstableStates.has(node.provisionState) && !holdStates.has(node.provisionState);
          if (atRest && !steers && node.targetPowerState !== null) throw powerChanging(node);
          return change.work === undefined ? change : { ...change, work: { ...change.work, origin } };
        },
        steers ? 'allow' : 'refuse',
      );
    },

    power(ident: string, body: Readonly<Record<string, unknown>>, minor: number, caller: Caller): Promise<Node> {
      const { target, timeout } = readPower(body, minor);
      return accept(ident, caller, (node) => decidePower(node, target, timeout));
    },

    /** Anything else that is asked of the conductor: attach or detach media, boot mode, secure boot. */
    request(
      ident: string,
      kind: string,
      decide: (node: Node) => NonNullable<NodeChange['request']>['args'],
      caller: Caller,
    ): Promise<Node> {
      return accept(ident, caller, (node) => ({ request: { kind, args: decide(node) } }), 'allow');
    },
  };

  async function accept(
    ident: string,
    caller: Caller,
    decide: (node: Node) => NodeChange,
    whileLeased: 'refuse' | 'allow' = 'refuse',
  ): Promise<Node> {
    const node = await onceUnlocked(clock, settings.lockWaitMs, () =>
      store.nodes.change(ident, decide, { ...originOf(caller), whileLeased }),
    );
    hints.hint(node.uuid, node.conductorGroup);
    return node;
  }

  /** Upstream's limits on how many nodes may be written or cleaned at once. */
  async function refuseOverload({ target }: Readonly<Record<string, unknown>>): Promise<void> {
    const deploys = target === 'active' || target === 'deploy' || target === 'rebuild';
    const cleans = target === 'deleted' || target === 'undeploy' || target === 'clean';
    if (!deploys && !cleans) return;
    const limit = deploys ? settings.maxConcurrentDeploy : settings.maxConcurrentClean;
    if (!Number.isFinite(limit)) return;
    const counts = await store.nodes.countByState();
    const count = (...states: Parameters<typeof counts.get>[0][]) =>
      states.reduce((sum, state) => sum + (counts.get(state) ?? 0), 0);
    const busy = deploys ? count('deploying', 'wait call-back') : count('deleting', 'cleaning', 'clean wait');
    if (busy >= limit) {
      const what = deploys ? 'deployment' : 'cleaning';
      throw new Fault(
        'unavailable',
        `Concurrent ${what} limit of ${limit} reached. Try again later, or raise the limit.`,
      );
    }
  }
}

/** The request and the trace that work belongs to, whichever conductor does it and whenever. */
function originOfWork({ loggedAs }: Caller): WorkOrigin {
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return { ...(loggedAs === undefined ? {} : { requestId: loggedAs }), ...carrier };
}

function withDeploySteps(request: ProvisionRequest, { templates }: PreparedSteps, node: Node): ProvisionRequest {
  if (request.verb !== 'deploy' && request.verb !== 'rebuild') return request;
  const deploySteps = withTemplates(request.deploySteps ?? [], templates, node);
  return deploySteps.length === 0 ? request : { ...request, deploySteps };
}

const allowed = (state: string, verb: CanonicalVerb): boolean =>
  acceptsVerb(state as Node['provisionState'], verbName[verb]);

/** The transition table knows verbs by the words of the REST body. */
const verbName = {
  deploy: 'active',
  delete: 'deleted',
  rebuild: 'rebuild',
  manage: 'manage',
  provide: 'provide',
  inspect: 'inspect',
  abort: 'abort',
  clean: 'clean',
  adopt: 'adopt',
  rescue: 'rescue',
  unrescue: 'unrescue',
  unhold: 'unhold',
  service: 'service',
} as const;

function readPower(
  body: Readonly<Record<string, unknown>>,
  minor: number,
): { target: string; timeout: number | undefined } {
  const unexpected = Object.keys(body).filter((name) => name !== 'target' && name !== 'timeout');
  if (unexpected.length > 0) throw invalid(`Unexpected arguments: ${unexpected.sort().join(', ')}`);
  const { target, timeout } = body;
  if (target === undefined || target === null) throw invalid('Missing mandatory parameter: target');
  const soft = typeof target === 'string' && target.startsWith('soft ');
  if (minor < 27 && (soft || (timeout !== undefined && timeout !== null))) throw notAcceptable();
  if (timeout === undefined || timeout === null) return { target: String(target), timeout: undefined };
  const seconds = parseInteger('timeout', timeout);
  if (seconds < 1) throw invalid(`timeout has to be an integer greater than 0: ${seconds}`);
  return { target: String(target), timeout: seconds };
}
