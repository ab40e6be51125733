import type { RedfishClient } from './client.ts';
import { RedfishError, type RedfishErrorKind } from './errors.ts';
import type { CallOptions } from './transport.ts';

const notThere: readonly RedfishErrorKind[] = ['config', 'unsupported', 'refused'];

/**
 * The body of a resource that is not needed; undefined where the service does not have it, or not for this account or licence: many link to
 * chassis, drives and adapters that are not there.
 * @throws RedfishError for everything else, so that what a busy BMC does not tell is not taken for missing
 */
export async function readIfThere(client: RedfishClient, path: string, options: CallOptions): Promise<unknown> {
  try {
    return (await client.get(path, options)).body;
  } catch (error) {
    if (!RedfishError.is(error) || (!notThere.includes(error.kind) && error.status !== 403)) throw error;
    return undefined;
  }
}

/** The same for what would only be one more of its kind: whatever the service answers for it does not take the others away. */
export async function readIfAnswered(client: RedfishClient, path: string, options: CallOptions): Promise<unknown> {
  try {
    return await readIfThere(client, path, options);
  } catch (error) {
    if (!RedfishError.is(error) || error.status === undefined || error.status === 401) throw error;
    return undefined;
  }
}
