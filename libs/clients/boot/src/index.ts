import { grpcClient, watchMirror, type GrpcClient, type GrpcTarget, type WatchMirror } from '@metal3/grpc';
import { BootEntryService, type BootEntry } from './gen/metal3/boot/v1/boot_entry_pb.ts';
import { BootService } from './gen/metal3/boot/v1/boot_service_pb.ts';

export * from './gen/metal3/boot/v1/boot_entry_pb.ts';
export * from './gen/metal3/boot/v1/boot_service_pb.ts';

export type BootClient = GrpcClient<typeof BootService>;
export type BootEntryClient = GrpcClient<typeof BootEntryService>;

/** What machines boot and the image cache, as pxe-server serves them. */
export const bootClient = (target: GrpcTarget): BootClient => grpcClient(BootService, target);

/** The boot entries, as ironic-api serves them to pxe-server. */
export const bootEntryClient = (target: GrpcTarget): BootEntryClient => grpcClient(BootEntryService, target);

/** All boot entries by node UUID, kept current; `changed` hears of each one that is new, differs or is gone. */
export function bootEntryMirror(
  client: Pick<BootEntryClient, 'watchBootEntries'>,
  changed?: (nodeUuid: string, entry: BootEntry | undefined) => void,
): WatchMirror<BootEntry> {
  return watchMirror({
    name: 'boot entries',
    open: (signal) => client.watchBootEntries({}, { signal }),
    read: ({ entry, nodeUuid }) => ({ key: entry?.nodeUuid ?? nodeUuid, item: entry }),
    same: (one, other) => one.revision === other.revision && one.capability === other.capability,
    ...(changed === undefined ? {} : { changed }),
  });
}
