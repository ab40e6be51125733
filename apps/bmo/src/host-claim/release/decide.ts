import type { BareMetalHost } from '@metal3/metal3-api';
import { annotations, isPaused } from '../../host/annotations.ts';
import { stateOf, type ProvisioningState } from '../../host/states.ts';
import { changesHost, clearedOf, type HostPatch } from '../synchronization/host-spec.ts';

/** In these nothing of the claim is on the host, or ever was. */
const clean: ReadonlySet<ProvisioningState> = new Set([
  '',
  'unmanaged',
  'registering',
  'match profile',
  'inspecting',
  'ready',
  'available',
]);

export type HostRelease =
  | { readonly kind: 'clear'; readonly patch: HostPatch }
  /** For a change of the host. */
  | { readonly kind: 'wait'; readonly message: string }
  | { readonly kind: 'let-go' };

/**
 * How a claim gives its host back: without its image and Secrets, and not before these are off its disks. Upstream's controller takes the
 * consumer off at once, and the host goes on with what the claim had put there.
 */
export function decideHostRelease(host: BareMetalHost): HostRelease {
  // It is cleaned before it goes, whoever it belongs to.
  if (host.metadata.deletionTimestamp !== undefined) return { kind: 'let-go' };
  const patch = clearedOf(host);
  if (changesHost(host, patch)) return { kind: 'clear', patch };
  const state = stateOf(host.status);
  if (state !== undefined && clean.has(state)) return { kind: 'let-go' };
  if (state === 'externally provisioned' && host.status?.poweredOn !== true) return { kind: 'let-go' };
  return { kind: 'wait', message: waiting(host) };
}

function waiting({ metadata, status }: BareMetalHost): string {
  const { name = '', namespace = '', annotations: noted = {} } = metadata;
  const still = isPaused(noted) ? ', and paused' : noted[annotations.detached] === undefined ? '' : ', and detached';
  const error = (status?.errorMessage ?? '') === '' ? '' : ` (${status?.errorMessage ?? ''})`;
  return `BareMetalHost ${namespace}/${name} is ${status?.provisioning.state ?? ''}${still}${error}: the claim goes once it is available`;
}
