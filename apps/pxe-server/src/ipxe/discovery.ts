import { create } from '@bufbuild/protobuf';
import { BootEntrySchema, type BootEntry } from '@metal3/boot-client';

/** What every machine boots that nobody knows: the default kernel and ramdisk with these parameters; undefined without parameters. */
export const discoveryEntry = (kernelParameters: string): BootEntry | undefined =>
  kernelParameters === ''
    ? undefined
    : create(BootEntrySchema, { nodeUuid: 'discovery', capability: '', kind: 'agent', kernelParameters });
