import { type ConductorClient, writeJson } from '@metal3/ironic-client';
import type { Node } from '@metal3/node';
import { isCodedError } from '@metal3/service';
import type { ConductorDirectory } from '../drivers/directory.ts';
import { Fault, invalid } from '../faults.ts';
import type { BmcAccess } from './ports.ts';

/** BMCs may take long to answer, and clients of the API give up after a minute. */
const timeoutMs = 50_000;

/** A hint that cannot be given at once is not worth waiting for. */
const wakeTimeoutMs = 2_000;

export interface ConductorCalls extends BmcAccess {
  /** Tells a live conductor of the group that work of the node is due, when there is no Redis to do it. Nothing is lost if it fails. */
  wake(nodeUuid: string, group: string): void;
  close(): void;
}

/**
 * BMC calls through ConductorService of a live conductor. Connections are kept by address; a conductor that moved is called anew.
 */
export function conductorCalls(
  directory: ConductorDirectory,
  connect: (address: string) => ConductorClient,
): ConductorCalls {
  const clients = new Map<string, ConductorClient>();

  function clientOf(address: string): ConductorClient {
    let client = clients.get(address);
    if (client === undefined) {
      client = connect(address);
      clients.set(address, client);
    }
    return client;
  }

  async function call<T>(node: Node, use: (client: ConductorClient) => Promise<T>): Promise<T> {
    const conductor = (await directory.current()).conductorFor(node);
    if (conductor === undefined) {
      throw new Fault('unavailable', `No conductor that serves node ${node.uuid} is alive. Start one, then try again.`);
    }
    try {
      return await use(clientOf(conductor.rpcAddress));
    } catch (error) {
      throw asFault(error, conductor.hostname);
    }
  }

  return {
    bootDevice: (node) =>
      call(node, async (client) => {
        const { bootDevice, persistent, hasPersistent } = await client.getBootDevice(
          { nodeUuid: node.uuid },
          { timeoutMs },
        );
        return { bootDevice: bootDevice === '' ? null : bootDevice, persistent: hasPersistent ? persistent : null };
      }),
    setBootDevice: (node, bootDevice, persistent, requestId) =>
      call(node, async (client) => {
        await client.setBootDevice({ nodeUuid: node.uuid, bootDevice, persistent, requestId }, { timeoutMs });
      }),
    supportedBootDevices: (node) =>
      call(
        node,
        async (client) => (await client.getSupportedBootDevices({ nodeUuid: node.uuid }, { timeoutMs })).bootDevices,
      ),
    injectNmi: (node, requestId) =>
      call(node, async (client) => {
        await client.injectNmi({ nodeUuid: node.uuid, requestId }, { timeoutMs });
      }),
    indicators: (node) =>
      call(node, async (client) => (await client.listIndicators({ nodeUuid: node.uuid }, { timeoutMs })).indicators),
    indicator: (node, { component, name }) =>
      call(
        node,
        async (client) => (await client.getIndicator({ nodeUuid: node.uuid, component, name }, { timeoutMs })).state,
      ),
    setIndicator: (node, { component, name }, state, requestId) =>
      call(node, async (client) => {
        await client.setIndicator({ nodeUuid: node.uuid, component, name, state, requestId }, { timeoutMs });
      }),
    virtualMedia: (node) =>
      call(node, async (client) => {
        const { devicesJson } = await client.getVirtualMedia({ nodeUuid: node.uuid }, { timeoutMs });
        return devicesJson.length === 0 ? '[]' : Buffer.from(devicesJson).toString('utf8');
      }),
    callVendorMethod: (node, method, args, requestId) =>
      call(node, async (client) => {
        const { resultJson } = await client.callVendorMethod(
          { nodeUuid: node.uuid, method, argumentsJson: writeJson(args), requestId },
          { timeoutMs },
        );
        return resultJson.length === 0 ? undefined : Buffer.from(resultJson).toString('utf8');
      }),
    wake(nodeUuid, group) {
      const conductor = directory.last().conductors.find(({ alive, groups }) => alive && groups.includes(group));
      if (conductor === undefined) return;
      clientOf(conductor.rpcAddress)
        .wake({ nodeUuid }, { timeoutMs: wakeTimeoutMs })
        .catch(() => undefined);
    },
    close() {
      for (const client of clients.values()) client.close();
      clients.clear();
    },
  };
}

/** Codes of ConductorService that tell of the BMC, not of the conductor. */
const bmcFailures = new Set(['CONDUCTOR-BMC-AWAY', 'CONDUCTOR-BMC-REFUSED']);

/** What a conductor answers, as this API says it: its sentence, and its own status where there is one. */
function asFault(error: unknown, host: string): unknown {
  if (!isCodedError(error)) return error;
  // Ironic answers 500 here: clients retry 503 and 409 by themselves, and a BMC that is away stays so for longer than they wait.
  if (bmcFailures.has(error.code)) return new Fault('bmc-failed', error.message, 'fault', error);
  switch (error.grpcStatus) {
    case 'UNIMPLEMENTED':
      return new Fault('unsupported', error.message, 'fault', error);
    case 'INVALID_ARGUMENT':
    case 'FAILED_PRECONDITION':
      return invalid(error.message);
    case 'ABORTED':
      return new Fault('locked', error.message, 'fault', error);
    case 'UNAVAILABLE':
    case 'DEADLINE_EXCEEDED':
      return new Fault('unavailable', `Conductor ${host} did not carry the call out: ${error.message}`, 'fault', error);
    default:
      return error;
  }
}
