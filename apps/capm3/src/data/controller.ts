import type { KubeClient } from '@metal3/kube-client';
import { addFinalizer, patchSession, removeFinalizer, type Cache, type Reconcile } from '@metal3/kube-controller';
import { metal3Data as metal3DataKind, type Metal3Data } from '@metal3/metal3-api';
import { decideData, type DataDecision } from './decide.ts';
import { dataFinalizer } from './finalizer.ts';
import { performRendering, type RenderOutcome } from './perform.ts';
import type { DataPorts } from './ports.ts';

/** Everything that is waited for is watched; a lost event costs at most this. */
const patienceMs = 30_000;
/** The most characters that the schema takes. */
const longestMessage = 512;

/** One pass over a Metal3Data. */
export function dataPass(client: KubeClient, cache: Cache<Metal3Data>, ports: DataPorts): Reconcile {
  return async (key, { signal, log }) => {
    const data = cache.find(key);
    if (data === undefined) return undefined;
    const session = patchSession(client, metal3DataKind, data);
    const { draft } = session;
    const decision = decideData(ports.world.observe(data));
    switch (decision.kind) {
      case 'paused':
        return undefined;
      case 'release':
        await ports.desk.release(data);
        removeFinalizer(draft, dataFinalizer);
        await session.save({ signal });
        return undefined;
      case 'wait':
      case 'broken':
        break;
      case 'render':
        addFinalizer(draft, dataFinalizer);
        nameSecrets(draft, decision);
        await session.save({ signal });
        break;
    }
    const outcome = await outcomeOf(decision, draft, ports);
    report(draft, outcome);
    await session.save({ signal });
    if (outcome.kind === 'wait') log.debug({ reason: outcome.reason }, 'data waits');
    return outcome.kind === 'ready' ? undefined : { requeueAfterMs: patienceMs };
  };
}

async function outcomeOf(
  decision: Extract<DataDecision, { kind: 'wait' | 'broken' | 'render' }>,
  draft: Metal3Data,
  ports: DataPorts,
): Promise<RenderOutcome> {
  if (decision.kind === 'broken') return { kind: 'failed', message: decision.message };
  return decision.kind === 'wait' ? decision : performRendering(draft, decision, ports);
}

/** The Secrets are named after the machine, so that a machine made anew gets new ones. */
function nameSecrets(draft: Metal3Data, { template, subjects }: Extract<DataDecision, { kind: 'render' }>): void {
  const { name = '', namespace = '' } = subjects.metal3machine.metadata;
  if (template.spec.metaData !== undefined) draft.spec.metaData ??= { name: `${name}-metadata`, namespace };
  if (template.spec.networkData !== undefined) draft.spec.networkData ??= { name: `${name}-networkdata`, namespace };
}

function report(draft: Metal3Data, outcome: RenderOutcome): void {
  if (draft.metadata.deletionTimestamp !== undefined) return;
  const status = (draft.status ??= {});
  status.ready = outcome.kind === 'ready';
  if (outcome.kind === 'failed') status.errorMessage = outcome.message.slice(0, longestMessage);
  else delete status.errorMessage;
}
