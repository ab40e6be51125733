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

/** Firmware may change with each of these steps of a host, and with nothing else that is written of it. */
export function firmwareMayHaveChanged(before: BareMetalHost | undefined, after: BareMetalHost | undefined): boolean {
  if (after === undefined) return false;
  if (before === undefined) return true;
  const told = ({ status }: BareMetalHost) => [
    status?.provisioning.ID,
    status?.provisioning.state,
    status?.operationalStatus,
  ];
  return firmwareIsReadable(before) !== firmwareIsReadable(after) || told(before).join() !== told(after).join();
}

/** Somebody may change firmware on the machine itself, of which nothing tells us. */
export const firmwareRecheck: { readonly changing: Seconds; readonly settled: Seconds; readonly unavailable: Seconds } =
  {
    changing: 60,
    settled: 300,
    unavailable: 30,
  };
