import type { BareMetalHost, Metal3Remediation } from '@metal3/metal3-api';
import type { NodeSight } from './ports.ts';

/** On a host: it is kept off for as long as this is there. One for each remediation, so that none ends the other's. */
export const powerOffAnnotation = ({ metadata }: Metal3Remediation): string =>
  `reboot.metal3.io/metal3-remediation-${metadata.uid}`;

/** On remediations until host and Node are as they were. */
export const remediationFinalizer = 'metal3remediation.infrastructure.cluster.x-k8s.io';

export interface RemediationObservation {
  readonly remediation: Metal3Remediation;
  /** The host of the machine that is to be repaired. */
  readonly host: BareMetalHost | undefined;
  /** Whether the Machine is still there. */
  readonly machineExists: boolean;
  /** What is to be seen of its Node; undefined where nobody has looked. */
  readonly node: NodeSight | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export type RemediationDecision =
  /** Nothing more is to be done; `reason` for the log. */
  | { readonly kind: 'rest'; readonly reason: string }
  /** Write down that an attempt begins. */
  | { readonly kind: 'begin'; readonly retryCount: number | undefined }
  | { readonly kind: 'fail'; readonly reason: string }
  | { readonly kind: 'power-off' }
  /** Evict what the machine ran, although nothing on it can say that it has stopped. */
  | { readonly kind: 'taint-node'; readonly node: string }
  /** The same where taints do not do it; the Node's labels and annotations are kept to be put back. */
  | { readonly kind: 'delete-node'; readonly node: string }
  /** Have it powered on again: the second half of an attempt. */
  | { readonly kind: 'power-on' }
  /** Put the Node back as it was, if there is one; nothing is left then that the remediation would have to undo. */
  | { readonly kind: 'restore'; readonly node: string | undefined }
  /** Rebooting does not help: its owner is to replace the machine, and nobody is to take the host. */
  | { readonly kind: 'escalate' }
  /** Look again after a while, or when something that is watched changes. */
  | { readonly kind: 'wait'; readonly reason: string; readonly againMs: number };

const nodePollMs = 5_000;
/** So long a cluster may not answer before its machine is powered on all the same: it may be what the cluster needs. */
const unansweredMs = 120_000;
/** What a strategy that does not say is taken to mean. */
export const defaultStrategy = { type: 'Reboot', retryLimit: 1, timeoutSeconds: 600 } as const;

/** The next step of one remediation. Each may be the last that happens: the same observation leads to the same step again. */
export function decideRemediation(observed: RemediationObservation): RemediationDecision {
  const { remediation, host, machineExists } = observed;
  if (remediation.metadata.deletionTimestamp !== undefined || !machineExists) return windUp(observed);
  const { strategy } = remediation.spec;
  if (strategy?.type !== defaultStrategy.type) return rest('spec.strategy.type is not Reboot');
  const phase = remediation.status?.phase;
  if (phase === 'Failed' || phase === 'Deleting machine') return rest(`the phase is ${phase}`);
  if (host === undefined) return { kind: 'wait', reason: 'the machine has no host', againMs: 30_000 };
  if (host.spec.online === false) {
    // In the midst of an attempt, too, whose traces go first.
    return isHeldOff(host, remediation) || isFinalized(remediation)
      ? windUp(observed)
      : { kind: 'fail', reason: 'spec.online of the host is false: somebody wants it off' };
  }
  if (phase === undefined) return { kind: 'begin', retryCount: undefined };
  return phase === 'Running' ? bringDown(observed, host) : bringUp(observed, host);
}

function bringDown(observed: RemediationObservation, host: BareMetalHost): RemediationDecision {
  const { remediation, node } = observed;
  if (!isFinalized(remediation)) return { kind: 'begin', retryCount: remediation.status?.retryCount };
  if (!isHeldOff(host, remediation)) return { kind: 'power-off' };
  if (host.status?.poweredOn === true) return wait('the host is being powered off', 30_000);
  if (node === undefined) return wait('its Node is to be looked at', nodePollMs);
  switch (node.kind) {
    case 'unanswered':
      return observed.now - begun(remediation) < unansweredMs
        ? wait('the workload cluster does not answer', nodePollMs)
        : { kind: 'power-on' };
    // Nothing can be done about a Node, so the host has its reboot and that is all.
    case 'never-joined':
    case 'forbidden':
    case 'absent':
      return { kind: 'power-on' };
    case 'present':
      if (!node.outOfService) return { kind: 'delete-node', node: node.name };
      if (!node.tainted) return { kind: 'taint-node', node: node.name };
      return node.drained ? { kind: 'power-on' } : wait('Pods and volumes are still on the Node', nodePollMs);
  }
}

function bringUp(observed: RemediationObservation, host: BareMetalHost): RemediationDecision {
  const { remediation, node, now } = observed;
  if (isHeldOff(host, remediation)) return { kind: 'power-on' };
  const powered = host.status?.poweredOn === true;
  if (powered && isFinalized(remediation)) {
    if (node?.kind === 'present') return { kind: 'restore', node: node.name };
    if (node?.kind === 'forbidden' || node?.kind === 'never-joined') {
      return { kind: 'restore', node: undefined };
    }
  }
  const { retryLimit, timeoutSeconds } = { ...defaultStrategy, ...remediation.spec.strategy };
  const left = begun(remediation) + timeoutSeconds * 1_000 - now;
  if (left > 0) {
    const returning = powered && isFinalized(remediation);
    return wait(
      powered ? 'the machine has time to become healthy' : 'the host is being powered on',
      returning ? Math.min(nodePollMs, left) : left,
    );
  }
  const tries = remediation.status?.retryCount ?? 0;
  // A limit that was lowered meanwhile ends it, too.
  return tries < retryLimit ? { kind: 'begin', retryCount: tries + 1 } : { kind: 'escalate' };
}

/** A remediation that is not wanted any more leaves nothing behind: no host that is kept off, no tainted Node. */
function windUp({ remediation, host, node }: RemediationObservation): RemediationDecision {
  if (host !== undefined && isHeldOff(host, remediation)) return { kind: 'power-on' };
  if (!isFinalized(remediation)) return rest('it is over');
  return { kind: 'restore', node: node?.kind === 'present' ? node.name : undefined };
}

function isHeldOff(host: BareMetalHost, remediation: Metal3Remediation): boolean {
  return host.metadata.annotations?.[powerOffAnnotation(remediation)] !== undefined;
}

function isFinalized({ metadata }: Metal3Remediation): boolean {
  return metadata.finalizers?.includes(remediationFinalizer) === true;
}

function begun({ status }: Metal3Remediation): number {
  return status?.lastRemediated === undefined ? 0 : Date.parse(status.lastRemediated);
}

function wait(reason: string, againMs: number): RemediationDecision {
  return { kind: 'wait', reason, againMs };
}

function rest(reason: string): RemediationDecision {
  return { kind: 'rest', reason };
}
