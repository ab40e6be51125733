import type { BareMetalHost, Metal3Machine } from '@metal3/metal3-api';
import { compileSelector, type HostSelector } from './selector.ts';

/** Label that tells in which failure domain a host stands. */
export const failureDomainLabel = 'infrastructure.cluster.x-k8s.io/failure-domain';
/** Label that keeps a released host for the next machine of the same control plane or machine deployment. */
export const nodeReuseLabel = 'infrastructure.cluster.x-k8s.io/node-reuse';

const unhealthyAnnotations = ['capm3.metal3.io/unhealthy', 'capi.metal3.io/unhealthy'];
const hostPausedAnnotation = 'baremetalhost.metal3.io/paused';
const detachedAnnotation = 'baremetalhost.metal3.io/detached';

export interface HostChoiceObservation {
  readonly metal3Machine: Metal3Machine;
  /** Name of the host the machine has put itself down for, whether or not it was claimed since. */
  readonly reserved: string | undefined;
  /** Every host of the machine's namespace. */
  readonly hosts: readonly BareMetalHost[];
  /** What hosts are labelled with that are kept for this machine. */
  readonly reuseKey?: string | undefined;
  /** A number in [0, 1) that spreads machines over equal hosts. */
  readonly lot: number;
}

export type HostChoice =
  | { readonly kind: 'chosen'; readonly host: BareMetalHost; readonly already: boolean }
  | { readonly kind: 'none'; readonly reason: string; readonly refused: readonly Refusal[] }
  | { readonly kind: 'invalid'; readonly reason: string };

/** Why one host cannot be taken: the answer to "why does my machine wait?". */
export interface Refusal {
  readonly host: string;
  readonly why: string;
}

/**
 * Chooses a host for a machine: one that names it as consumer already, else a free, healthy, available host that the
 * selector matches, preferring the one it put itself down for, then its failure domain. A host that is kept for it goes before all
 * of these, and is waited for: nobody else may take it.
 */
export function chooseHost({ metal3Machine, reserved, hosts, reuseKey, lot }: HostChoiceObservation): HostChoice {
  const held = hosts.find((host) => isConsumer(host, metal3Machine));
  if (held !== undefined) return { kind: 'chosen', host: held, already: true };

  const selector = compileSelector(metal3Machine.spec.hostSelector as HostSelector | undefined);
  if (selector.kind === 'invalid') return selector;

  const judged = hosts.map((host) => ({ host, why: refusal(host, selector.matches, reuseKey) ?? unready(host) }));
  const fit = judged.filter(({ why }) => why === undefined).map(({ host }) => host);
  const isKept = (host: BareMetalHost) => host.metadata.labels?.[nodeReuseLabel] !== undefined;
  const kept = fit.filter(isKept);
  const coming = hosts.find((host) => isKept(host) && refusal(host, selector.matches, reuseKey) === undefined);
  if (kept.length === 0 && coming !== undefined) {
    const { name = '' } = coming.metadata;
    const why = unready(coming) ?? '';
    const reason = `host ${name}, which is kept for reuse, is ${stateOf(coming)}`;
    return { kind: 'none', reason, refused: [{ host: name, why }] };
  }
  const free = kept.length > 0 ? kept : fit;
  if (free.length === 0) {
    const refused = judged.map(({ host, why }) => ({ host: host.metadata.name ?? '', why: why ?? '' }));
    return { kind: 'none', reason: summary(refused), refused };
  }
  const intended = free.find((host) => host.metadata.name === reserved);
  if (intended !== undefined) return { kind: 'chosen', host: intended, already: false };
  const domain = metal3Machine.spec.failureDomain;
  const near = domain === undefined ? [] : free.filter((host) => host.metadata.labels?.[failureDomainLabel] === domain);
  const pool = near.length > 0 ? near : free;
  const host = pool[Math.floor(lot * pool.length)] ?? pool[0];
  return host === undefined
    ? { kind: 'none', reason: summary([]), refused: [] }
    : { kind: 'chosen', host, already: false };
}

/** Whether a host names this machine as its consumer. The API version is not compared: it changes with upgrades. */
export function isConsumer(host: BareMetalHost, { metadata }: Metal3Machine): boolean {
  const consumer = host.spec.consumerRef;
  return (
    consumer?.kind === 'Metal3Machine' &&
    consumer.name === metadata.name &&
    consumer.namespace === metadata.namespace &&
    consumer.apiVersion?.split('/')[0] === 'infrastructure.cluster.x-k8s.io'
  );
}

/** Why this machine must not have the host, now or soon. */
function refusal(
  { metadata, spec, status }: BareMetalHost,
  matches: (labels: Readonly<Record<string, string>>) => boolean,
  reuseKey: string | undefined,
): string | undefined {
  const annotations = metadata.annotations ?? {};
  if (!matches(metadata.labels ?? {})) return 'the selector does not match its labels';
  const keptFor = metadata.labels?.[nodeReuseLabel];
  if (keptFor !== undefined && keptFor !== reuseKey) return `kept for reuse by ${keptFor}`;
  const isTheClusters = keptFor !== undefined && spec.consumerRef?.kind === 'Cluster';
  if (spec.consumerRef !== undefined && !isTheClusters) {
    return `in use by ${spec.consumerRef.kind} ${spec.consumerRef.name}`;
  }
  if (metadata.deletionTimestamp !== undefined) return 'being deleted';
  if (hostPausedAnnotation in annotations) return 'paused';
  if (detachedAnnotation in annotations) return 'detached';
  if (unhealthyAnnotations.some((name) => name in annotations)) return 'marked unhealthy';
  if (status?.errorMessage) return `in error: ${status.errorMessage}`;
  if (spec.externallyProvisioned === true) return 'externally provisioned';
  // A host somebody gave an image already would be handed over without ours ever being written.
  if (spec.image !== undefined || spec.customDeploy !== undefined) return 'already has an image';
  return undefined;
}

/** Why nobody can have the host yet. */
function unready(host: BareMetalHost): string | undefined {
  const state = stateOf(host);
  return state === 'available' || state === 'ready' ? undefined : `in state ${state}`;
}

function stateOf({ status }: BareMetalHost): string {
  return status?.provisioning.state || '(none)';
}

const groupsTold = 5;
const namesTold = 3;

/** All hosts that were looked at, in groups of one reason each: the largest first, its first hosts by name. */
function summary(refused: readonly Refusal[]): string {
  if (refused.length === 0) return 'no available host: the namespace has no BareMetalHost';
  // "in use by ...", "in error: ...": one group, told apart only in the list of refusals.
  const groups = Map.groupBy(refused, ({ why }) => why.split(/ by |: /)[0] ?? why);
  const told = [...groups].toSorted(([, a], [, b]) => b.length - a.length).slice(0, groupsTold);
  const reasons = told.map(([why, those]) => `${those.length} ${why} (${namesOf(those)})`);
  const others = refused.length - told.reduce((sum, [, those]) => sum + those.length, 0);
  if (others > 0) reasons.push(`${others} for other reasons`);
  const looked = refused.length === 1 ? '1 BareMetalHost was' : `${refused.length} BareMetalHosts were`;
  return `no available host: ${looked} looked at, ${reasons.join(', ')}`;
}

function namesOf(refused: readonly Refusal[]): string {
  const names = refused.map(({ host }) => host).toSorted();
  const shown = names.slice(0, namesTold).join(', ');
  return names.length > namesTold ? `${shown} and ${names.length - namesTold} more` : shown;
}
