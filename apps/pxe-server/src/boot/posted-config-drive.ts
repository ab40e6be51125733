import type { BootEntryClient } from '@metal3/boot-client';
import { isCodedError } from '@metal3/service';
import { bootErrors } from '../errors.ts';
import type { ConfigDrivePorts } from './config-drives.ts';

/** Asks ironic-api what was posted. */
export function postedConfigDrive(ironic: Pick<BootEntryClient, 'readConfigDrive'>): ConfigDrivePorts['posted'] {
  return async ({ nodeUuid, capability }) => {
    try {
      const { posted, nodeName } = await ironic.readConfigDrive({ nodeUuid, capability }, { timeoutMs: 10_000 });
      return { posted: Buffer.from(posted).toString('utf8'), nodeName };
    } catch (error) {
      if (!isCodedError(error) || error.grpcStatus !== 'NOT_FOUND') throw error;
      throw bootErrors.noConfigDrive(`node ${nodeUuid} has no config drive`, { cause: error });
    }
  };
}
