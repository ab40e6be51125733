import type { NodeSnapshot, PowerTarget } from '../../provisioner/node.ts';
import { annotations, rebootRequests, type RebootRequest } from '../annotations.ts';
import { askVerb } from '../ask.ts';
import { decideMedia } from '../data-image/decide.ts';
import { waitFor, type Decision, type Notes } from '../decision.ts';
import { event } from '../events.ts';
import { decideServicing } from '../servicing/decide.ts';
import { cleaningWanted, retrying, type HostView } from '../view.ts';

/** How long an operating system gets to shut down. */
const softTimeout = 180;

/** Keeps the machine's power as the host and the reboot requests on it want it. */
export function decidePower(view: HostView): Decision {
  const { host, status, node } = view;
  if (node === undefined) return waitFor('the host has no node yet');
  const requests = countedRequests(view);
  const rebootOnce = host.metadata.annotations?.[annotations.reboot] !== undefined;
  const actual = powerOf(node) ?? (status.poweredOn ? 'on' : 'off');

  if (actual === 'off' && rebootOnce) return { kind: 'note', notes: { dropAnnotations: [annotations.reboot] } };

  const servicing = decideServicing(view, node);
  if (servicing !== undefined) return servicing;

  const wanted = host.spec.online && requests.length === 0 ? 'on' : 'off';
  if (actual === wanted) return settled(view);
  if (wanted === 'off' && isServed(view, requests)) {
    return { ...steady, reason: 'the host is never powered off: its reboot requests have been served by a reboot' };
  }
  if (wanted === 'on') return powerOn(view, node);

  const soft = requests.length > 0 ? requests.every(({ mode }) => mode === 'soft') : true;
  // A machine that did not obey once is not asked nicely again.
  const mode = soft && status.errorCount === 0 ? 'soft' : 'hard';
  const invalid = requests.filter((request) => request.invalid);
  return powerOff(view, node, mode, invalid);
}

/** In states where Ironic is using the machine only forced requests count. */
export function countedRequests({ host, state }: HostView): readonly RebootRequest[] {
  const requests = rebootRequests(host.metadata.annotations);
  const inUse = state === 'provisioned' || state === 'externally provisioned';
  return inUse ? requests : requests.filter(({ force }) => force);
}

/** Keys of the requests that stay until their author takes them off. */
export function heldRequests(view: HostView): readonly string[] {
  return countedRequests(view)
    .map(({ key }) => key)
    .filter((key) => key !== annotations.reboot);
}

export function powerOf(node: NodeSnapshot): 'on' | 'off' | undefined {
  return node.powerState === 'power on' ? 'on' : node.powerState === 'power off' ? 'off' : undefined;
}

function settled({ status }: HostView): Decision {
  if (status.errorType === 'power management error')
    return { kind: 'note', notes: { clearError: true, status: { errorCount: 0 } } };
  if (status.errorType === undefined && status.errorCount > 0)
    return { kind: 'note', notes: { status: { errorCount: 0 } } };
  return steady;
}

/** Nothing is expected to happen: looking again only catches what nobody told us. */
const steady = { kind: 'wait', reason: 'power is as wanted', recheckIn: 600 } as const;

/**
 * A request with a suffix stays until its author takes it off. On a host that may not be powered off it means one reboot, not
 * one after the other.
 */
function isServed({ host, rebootsServed }: HostView, requests: readonly RebootRequest[]): boolean {
  return host.spec.disablePowerOff === true && requests.every(({ key }) => rebootsServed.includes(key));
}

function powerOn(view: HostView, node: NodeSnapshot): Decision {
  if (node.targetPowerState === 'power on') return waitFor('Ironic is powering the machine on');
  if (node.targetProvisionState !== '') return waitFor(`Ironic is busy with the machine (${node.provisionState})`);
  const media = view.state === 'provisioned' ? decideMedia(view, node) : undefined;
  if (media !== undefined) return media;
  return refusal(view, node, 'on') ?? ask('power on', 'on', [event('PowerOn', 'Host powered on')]);
}

/**
 * Takes the power away, after stopping what Ironic may be doing with the machine.
 */
export function powerOff(
  view: HostView,
  node: NodeSnapshot,
  mode: 'soft' | 'hard',
  invalid: readonly RebootRequest[] = [],
): Decision {
  const inFlight = stopWork(view, node);
  if (inFlight !== undefined) return inFlight;
  if (node.targetPowerState === 'power off' || node.targetPowerState === 'soft power off') {
    return waitFor('Ironic is powering the machine off');
  }
  const events = [
    event('PowerOff', `Host ${mode} powered off`),
    ...invalid.map(({ key }) =>
      event('InvalidAnnotationValue', `could not parse the reboot annotation ${key}`, 'Warning'),
    ),
  ];
  if (view.host.spec.disablePowerOff === true) {
    const target: PowerTarget = mode === 'soft' ? 'soft rebooting' : 'rebooting';
    // Observed "off" will never come, so the request is served by having asked.
    return ask(target, 'off', [event('PowerOff', `Host ${mode} rebooted`)], [annotations.reboot]);
  }
  return refusal(view, node, 'off') ?? ask(mode === 'soft' ? 'soft power off' : 'power off', 'off', events);
}

function stopWork(view: HostView, node: NodeSnapshot): Decision | undefined {
  switch (node.provisionState) {
    case 'inspect wait':
      return askVerb(node, 'abort');
    case 'inspect failed':
      return node.targetProvisionState === '' ? undefined : askVerb(node, 'manage');
    case 'clean wait':
      return node.targetProvisionState === 'manageable' || !cleaningWanted(view.host)
        ? askVerb(node, 'abort')
        : waitFor('Ironic is cleaning the machine');
    case 'inspecting':
    case 'cleaning':
      return waitFor(`Ironic is ${node.provisionState} the machine`);
    default:
      return undefined;
  }
}

/**
 * A change that was asked for and did not come about. `lastError` alone proves nothing: it may stem from something else,
 * long ago.
 */
function refusal(view: HostView, node: NodeSnapshot, to: 'on' | 'off'): Decision | undefined {
  const asked = view.powerAsked === to && node.targetPowerState === '' && node.lastError !== '';
  if (!asked || retrying(view, 'power management error') || node.lastError.includes('aborted')) return undefined;
  const outlook = to === 'off' && view.status.errorCount === 0 ? ' (a hard power off will follow)' : '';
  return { kind: 'fail', type: 'power management error', message: `Power ${to} failed${outlook}: ${node.lastError}` };
}

function ask(
  target: PowerTarget,
  to: 'on' | 'off',
  events: NonNullable<Notes['events']>,
  dropAnnotations: readonly string[] = [],
): Decision {
  const soft = target.startsWith('soft');
  return {
    kind: 'ask',
    request: { do: 'power', target, ...(soft ? { timeoutSeconds: softTimeout } : {}) },
    then: { events, dropAnnotations, metrics: [{ counter: 'powerChange', to }] },
  };
}
