import { describe, expect, test } from '@jest/globals';
import type { BareMetalHost, Metal3Remediation } from '@metal3/metal3-api';
import { aHost } from '../machine/testing.ts';
import { decideRemediation, remediationFinalizer, type RemediationObservation } from './decide.ts';
import type { NodeSight } from './ports.ts';

const now = Date.UTC(2026, 0, 1);
const ago = (seconds: number) => new Date(now - seconds * 1_000).toISOString();
const heldOff = { 'reboot.metal3.io/metal3-remediation-uid-r': '{"mode":"hard"}' };

function aRemediation(
  status: Metal3Remediation['status'] = undefined,
  { finalized = status !== undefined, deleted = false, spec = {} } = {},
): Metal3Remediation {
  return {
    apiVersion: 'infrastructure.cluster.x-k8s.io/v1beta2',
    kind: 'Metal3Remediation',
    metadata: {
      name: 'worker-1',
      namespace: 'metal3',
      uid: 'uid-r',
      ...(finalized && { finalizers: [remediationFinalizer] }),
      ...(deleted && { deletionTimestamp: ago(1) }),
    },
    spec: { strategy: { type: 'Reboot', retryLimit: 1, timeoutSeconds: 600, ...spec } },
    ...(status !== undefined && { status }),
  };
}

function host(poweredOn: boolean, annotations: Record<string, string> = {}, spec = {}): BareMetalHost {
  const made = aHost('a', {
    state: 'provisioned',
    spec: { online: true, ...spec },
    metadata: { name: 'a', annotations },
  });
  return { ...made, status: { ...made.status, poweredOn } as NonNullable<BareMetalHost['status']> };
}

const present = (known: Partial<Extract<NodeSight, { kind: 'present' }>> = {}): NodeSight => ({
  kind: 'present',
  name: 'node-1',
  outOfService: true,
  tainted: false,
  drained: false,
  ...known,
});

const running = { phase: 'Running', lastRemediated: ago(10) } as const;
const waiting = { phase: 'Waiting', lastRemediated: ago(10) } as const;
const decide = (remediation: Metal3Remediation, known: Partial<RemediationObservation> = {}) =>
  decideRemediation({ remediation, host: host(true), machineExists: true, node: undefined, now, ...known });

describe('an attempt', () => {
  test.each<[string, Metal3Remediation, Partial<RemediationObservation>, object]>([
    ['begins by being written down', aRemediation(), {}, { kind: 'begin', retryCount: undefined }],
    ['has the host kept off', aRemediation(running), {}, { kind: 'power-off' }],
    [
      'waits until it is off',
      aRemediation(running),
      { host: host(true, heldOff) },
      { kind: 'wait', reason: 'the host is being powered off' },
    ],
    [
      'marks the Node out of service, once nothing runs on it for sure',
      aRemediation(running),
      { host: host(false, heldOff), node: present() },
      { kind: 'taint-node', node: 'node-1' },
    ],
    [
      'waits for its Pods and volumes to be moved',
      aRemediation(running),
      { host: host(false, heldOff), node: present({ tainted: true }) },
      { kind: 'wait', reason: 'Pods and volumes are still on the Node' },
    ],
    [
      'then has the host powered on again',
      aRemediation(running),
      { host: host(false, heldOff), node: present({ tainted: true, drained: true }) },
      { kind: 'power-on' },
    ],
    [
      'deletes the Node in clusters that do not know the taint',
      aRemediation(running),
      { host: host(false, heldOff), node: present({ outOfService: false }) },
      { kind: 'delete-node', node: 'node-1' },
    ],
    ...(['never-joined', 'absent', 'forbidden'] as const).map(
      (kind): [string, Metal3Remediation, Partial<RemediationObservation>, object] => [
        `is a reboot and no more where the Node is ${kind}`,
        aRemediation(running),
        { host: host(false, heldOff), node: { kind } },
        { kind: 'power-on' },
      ],
    ),
    [
      'asks a cluster that does not answer again',
      aRemediation(running),
      { host: host(false, heldOff), node: { kind: 'unanswered' } },
      { kind: 'wait', reason: 'the workload cluster does not answer' },
    ],
    [
      'but not for ever: the machine may be the one that would answer',
      aRemediation({ ...running, lastRemediated: ago(121) }),
      { host: host(false, heldOff), node: { kind: 'unanswered' } },
      { kind: 'power-on' },
    ],
  ])('%s', (_sentence, remediation, known, decision) => {
    expect(decide(remediation, known)).toMatchObject(decision);
  });
});

describe('after it', () => {
  test.each<[string, Metal3Remediation, Partial<RemediationObservation>, object]>([
    [
      'the host is let on, if that was not done before a crash',
      aRemediation(waiting),
      { host: host(false, heldOff) },
      { kind: 'power-on' },
    ],
    [
      'the Node gets back what it had',
      aRemediation(waiting),
      { node: present({ tainted: true }) },
      { kind: 'restore', node: 'node-1' },
    ],
    [
      'nothing is put back where there never was a Node',
      aRemediation(waiting),
      { node: { kind: 'never-joined' } },
      { kind: 'restore', node: undefined },
    ],
    [
      'the machine has what is left of its time',
      aRemediation(waiting, { finalized: false }),
      {},
      { kind: 'wait', againMs: 590_000 },
    ],
    [
      'a Node that is to come back is looked for',
      aRemediation(waiting),
      { node: { kind: 'absent' } },
      { kind: 'wait', againMs: 5_000 },
    ],
    [
      'the next attempt begins when time is up',
      aRemediation({ ...waiting, lastRemediated: ago(600) }),
      { node: { kind: 'absent' } },
      { kind: 'begin', retryCount: 1 },
    ],
    [
      'also if the host never came on',
      aRemediation({ ...waiting, lastRemediated: ago(600) }),
      { host: host(false) },
      { kind: 'begin', retryCount: 1 },
    ],
    [
      'the machine is given up when the last one is over',
      aRemediation({ ...waiting, lastRemediated: ago(600), retryCount: 1 }),
      {},
      { kind: 'escalate' },
    ],
    [
      'as it is when the limit was lowered meanwhile',
      aRemediation({ ...waiting, lastRemediated: ago(600), retryCount: 3 }),
      {},
      { kind: 'escalate' },
    ],
  ])('%s', (_sentence, remediation, known, decision) => {
    expect(decide(remediation, known)).toMatchObject(decision);
  });
});

describe('a remediation', () => {
  test.each<[string, Metal3Remediation, Partial<RemediationObservation>, object]>([
    [
      'of a host that somebody wants off fails',
      aRemediation(),
      { host: host(false, {}, { online: false }) },
      { kind: 'fail' },
    ],
    [
      'of a host that is wanted off meanwhile lets go of it first',
      aRemediation(running),
      { host: host(false, heldOff, { online: false }), node: present({ tainted: true }) },
      { kind: 'power-on' },
    ],
    [
      'then of its Node',
      aRemediation(waiting),
      { host: host(false, {}, { online: false }), node: present({ tainted: true }) },
      { kind: 'restore', node: 'node-1' },
    ],
    [
      'and then fails',
      aRemediation(waiting, { finalized: false }),
      { host: host(false, {}, { online: false }) },
      { kind: 'fail' },
    ],
    ['of another strategy does nothing', aRemediation(undefined, { spec: { type: undefined } }), {}, { kind: 'rest' }],
    ['that failed does nothing more', aRemediation({ phase: 'Failed' }), {}, { kind: 'rest' }],
    ['that gave the machine up does nothing more', aRemediation({ phase: 'Deleting machine' }), {}, { kind: 'rest' }],
    [
      'that is deleted lets the host on',
      aRemediation(running, { deleted: true }),
      { host: host(false, heldOff), node: present({ tainted: true }) },
      { kind: 'power-on' },
    ],
    [
      'and takes the mark off the Node, in every phase',
      aRemediation({ phase: 'Deleting machine' }, { deleted: true }),
      { node: present({ tainted: true }) },
      { kind: 'restore', node: 'node-1' },
    ],
    [
      'and goes, although its Node never returned',
      aRemediation(waiting, { deleted: true }),
      { node: { kind: 'absent' } },
      { kind: 'restore', node: undefined },
    ],
    [
      'whose machine is gone lets the host on and goes',
      aRemediation(running),
      { machineExists: false, host: host(false, heldOff) },
      { kind: 'power-on' },
    ],
    ['without a host waits for one', aRemediation(), { host: undefined }, { kind: 'wait' }],
  ])('%s', (_sentence, remediation, known, decision) => {
    expect(decide(remediation, known)).toMatchObject(decision);
  });
});
