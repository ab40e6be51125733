import type { BareMetalHost } from '@metal3/metal3-api';
import { annotations, isPaused } from '../host/annotations.ts';
import type { Seconds } from '../kernel.ts';

/** Whether there is a node, in Ironic's hands, from which the firmware of a host can be read. */
export function firmwareIsReadable({ metadata, status }: BareMetalHost): boolean {
  return (
    metadata.deletionTimestamp === undefined &&
    !isPaused(metadata.annotations) &&
    metadata.annotations?.[annotations.detached] === undefined &&
    status !== undefined &&
    status.operationalStatus !== 'detached' &&
    !['', 'unmanaged', 'registering'].includes(status.provisioning.state)
  );
}

/** Ironic reads firmware, and has it changed, in these states of a host; whoever leaves one may have other firmware. */
const statesOfChange: readonly (string | undefined)[] = ['registering', 'inspecting', 'preparing'];

/** Whether something that is written of a host may mean that Ironic tells other firmware of its machine than before. */
export function firmwareMayHaveChanged(before: BareMetalHost | undefined, after: BareMetalHost | undefined): boolean {
  if (after === undefined || !firmwareIsReadable(after)) return false;
  if (before === undefined || !firmwareIsReadable(before)) return true;
  const [then, now] = [before.status?.provisioning, after.status?.provisioning];
  const isServiced =
    before.status?.operationalStatus === 'servicing' && after.status?.operationalStatus !== 'servicing';
  return isServiced || then?.ID !== now?.ID || (then?.state !== now?.state && statesOfChange.includes(then?.state));
}

/** What Ironic does with a node when firmware is read anew, or changed. */
const workOnFirmware: ReadonlySet<string> = new Set([
  ...['verifying', 'inspecting', 'inspect wait'],
  ...['cleaning', 'clean wait', 'servicing', 'service wait'],
]);

/** Whether Ironic has ended something, of its own or for people, after which it may tell other firmware of a node. */
export function firmwareWorkEnded(before: string | undefined, after: string): boolean {
  return before !== undefined && workOnFirmware.has(before) && !workOnFirmware.has(after);
}

/** Ended work is told by Ironic, and what a host is asked for by the API server; this is for news that was lost. */
export const firmwareRecheck: { readonly changing: Seconds; readonly settled: Seconds; readonly unavailable: Seconds } =
  {
    changing: 60,
    settled: 3600,
    unavailable: 30,
  };
