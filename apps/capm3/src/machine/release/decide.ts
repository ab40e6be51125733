import type { BareMetalHost, Metal3Machine } from '@metal3/metal3-api';
import { clusterNameLabel } from '../../cluster-api/kinds.ts';
import { changesHost, type HostPatch } from '../association/host-spec.ts';
import { isConsumer, nodeReuseLabel } from '../host-choice/decide.ts';
import { blockMoveAnnotation, hostPausedAnnotation, ourPause } from '../pause/decide.ts';

/** States in which nothing of ours is on the host any more. */
const releasable: ReadonlySet<string> = new Set([
  '',
  'unmanaged',
  'registering',
  'match profile',
  'inspecting',
  'ready',
  'available',
]);

export interface ReleaseObservation {
  readonly metal3Machine: Metal3Machine;
  readonly host: BareMetalHost | undefined;
  /** Leave released hosts powered on, so that the next machine starts faster. */
  readonly fastTrack: boolean;
  /** For whom the host is kept, by label and by a consumer that keeps other clusters away; undefined for everybody. */
  readonly reuse?:
    { readonly key: string; readonly cluster: NonNullable<BareMetalHost['spec']['consumerRef']> } | undefined;
}

export type ReleaseDecision =
  | { readonly kind: 'deprovision'; readonly patch: HostPatch }
  | { readonly kind: 'wait'; readonly reason: string }
  | { readonly kind: 'let-go'; readonly patch: HostPatch }
  | { readonly kind: 'done' };

/** How a machine that is being deleted gives its host back: clear the image, wait until it is clean, then clear the consumer. */
export function decideRelease({ metal3Machine, host, fastTrack, reuse }: ReleaseObservation): ReleaseDecision {
  if (host === undefined || !isConsumer(host, metal3Machine)) return { kind: 'done' };

  const cleared: HostPatch = {
    spec: {
      image: null,
      customDeploy: null,
      userData: null,
      metaData: null,
      networkData: null,
      online: host.spec.disablePowerOff === true || (fastTrack && host.spec.automatedCleaningMode !== 'disabled'),
    },
  };
  // A host on its way out is not told to power anything: its own deletion does that.
  if (changesHost(host, cleared)) return { kind: 'deprovision', patch: cleared };

  const state = host.status?.provisioning.state ?? '';
  const waits = state === 'externally provisioned' ? host.status?.poweredOn === true : !releasable.has(state);
  if (waits) return { kind: 'wait', reason: `host ${host.metadata.name} is ${state}` };

  return {
    kind: 'let-go',
    patch: {
      metadata: {
        labels: { [clusterNameLabel]: null, ...(reuse !== undefined && { [nodeReuseLabel]: reuse.key }) },
        annotations: {
          [blockMoveAnnotation]: null,
          ...(host.metadata.annotations?.[hostPausedAnnotation] === ourPause && { [hostPausedAnnotation]: null }),
        },
      },
      spec: { consumerRef: reuse?.cluster ?? null },
    },
  };
}
