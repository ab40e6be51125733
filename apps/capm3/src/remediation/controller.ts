import { isKubeError, type KubeClient } from '@metal3/kube-client';
import {
  addFinalizer,
  metaTime,
  patchSession,
  removeFinalizer,
  type Cache,
  type Reconcile,
  type Result,
} from '@metal3/kube-controller';
import { metal3Remediation, type Metal3Remediation } from '@metal3/metal3-api';
import { isPaused } from '../cluster-api/kinds.ts';
import { decideRemediation, powerOffAnnotation, remediationFinalizer } from './decide.ts';
import { forget, keep, kept } from './keepsakes.ts';
import { remediationSubjects, type RemediationSubjects } from './observe.ts';
import type { NodeSight, RemediationPorts } from './ports.ts';

/** Such a host is given to no machine until a person has looked at it. */
const unhealthyAnnotation = 'capm3.metal3.io/unhealthy';
/** After a step the next one is looked for at once, when what it has changed is seen. */
const soonMs = 100;

/** One pass over a Metal3Remediation: the next step, and no more than that. */
export function remediationPass(
  client: KubeClient,
  remediations: Cache<Metal3Remediation>,
  ports: RemediationPorts,
): Reconcile {
  return async (key, { signal, log }) => {
    const remediation = remediations.find(key);
    if (remediation === undefined) return undefined;
    const subjects = remediationSubjects(remediation, ports.world);
    const { machine, host, clusterKey } = subjects;
    const cluster = clusterKey === undefined ? undefined : ports.world.findCluster(clusterKey);
    if (isPaused(remediation, cluster)) return undefined;

    const decision = decideRemediation({
      remediation,
      host,
      machineExists: machine !== undefined,
      node: await lookAtNode(remediation, subjects, ports),
      now: ports.clock.now(),
    });
    log.debug({ decision }, 'the next step of a remediation');
    const session = patchSession(client, metal3Remediation, remediation);
    const { draft } = session;
    const status = (draft.status ??= {});
    let result: Result = { requeueAfterMs: soonMs };
    switch (decision.kind) {
      case 'rest':
        return undefined;
      case 'wait':
        return { requeueAfterMs: decision.againMs };
      case 'fail':
        log.info({ reason: decision.reason }, 'the machine is not remediated');
        status.phase = 'Failed';
        removeFinalizer(draft, remediationFinalizer);
        result = undefined;
        break;
      case 'begin':
        addFinalizer(draft, remediationFinalizer);
        status.phase = 'Running';
        status.lastRemediated = metaTime(ports.clock.now());
        if (decision.retryCount !== undefined) status.retryCount = decision.retryCount;
        break;
      case 'power-off':
        if (host !== undefined) await ports.annotateHost(host, powerOffAnnotation(remediation), '{"mode":"hard"}');
        break;
      case 'taint-node':
        if (clusterKey !== undefined) await ports.nodes.taint(clusterKey, decision.node);
        break;
      case 'delete-node':
        if (clusterKey === undefined) break;
        // Down first what would be lost with the Node.
        keep(draft, await ports.nodes.keepsakes(clusterKey, decision.node));
        await session.save({ signal, precondition: true });
        await ports.nodes.remove(clusterKey, decision.node);
        break;
      case 'power-on':
        if (host !== undefined) await ports.annotateHost(host, powerOffAnnotation(remediation), null);
        // A remediation that is wound up has no second half.
        if (status.phase === 'Running') status.phase = 'Waiting';
        break;
      case 'restore':
        if (decision.node !== undefined && clusterKey !== undefined) {
          await ports.nodes.restore(clusterKey, decision.node, kept(remediation));
        }
        forget(draft);
        removeFinalizer(draft, remediationFinalizer);
        break;
      case 'escalate': {
        const message = 'rebooting the host did not make the machine healthy';
        if (machine !== undefined) await ports.giveUpMachine(machine, message);
        if (host !== undefined) await ports.annotateHost(host, unhealthyAnnotation, 'capm3/UnhealthyNode');
        status.phase = 'Deleting machine';
        removeFinalizer(draft, remediationFinalizer);
        result = undefined;
      }
    }
    try {
      await session.save({ signal });
    } catch (error) {
      if (!isKubeError(error, 'NotFound')) throw error;
    }
    return result;
  };
}

/** The Node matters when the host is off, when it is on again, and when all is undone; before that nobody is asked. */
async function lookAtNode(
  { metadata, status }: Metal3Remediation,
  { machine, host, clusterKey }: RemediationSubjects,
  { nodes }: RemediationPorts,
): Promise<NodeSight | undefined> {
  if (machine === undefined || clusterKey === undefined) return undefined;
  if (metadata.finalizers?.includes(remediationFinalizer) !== true) return undefined;
  const isWoundUp = metadata.deletionTimestamp !== undefined || host?.spec.online === false;
  const on = host?.status?.poweredOn === true;
  if (!isWoundUp && on !== (status?.phase === 'Waiting')) return undefined;
  const name = machine.status?.nodeRef?.name;
  return name === undefined || name === '' ? { kind: 'never-joined' } : nodes.look(clusterKey, name);
}
