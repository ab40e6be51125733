import { implement, type ServiceImplementation } from '@metal3/grpc';
import { ConductorService, readJson, writeJson } from '@metal3/ironic-client';
import { isJsonObject, type JsonObject, type Node } from '@metal3/node';
import { isStoreError, type NodeStore } from '@metal3/node-store';
import { InvalidDriverInfo, RedfishError } from '@metal3/redfish';
import { errorTable, isCodedError } from '@metal3/service';
import { IpmiError } from '../hardware-types/ipmi/errors.ts';
import { checkIndicatorState, chosenIndicator } from '../interfaces/indicators.ts';
import type { Machine } from '../interfaces/machine.ts';
import { vendorMethodOf } from '../interfaces/vendor/methods.ts';
import type { MachineOf } from '../work/perform.ts';
import { EffectProblem, wordsOf } from '../work/problems.ts';

/** How a call that had to touch a BMC can fail. */
export const rpcErrors = errorTable({
  notFound: {
    code: 'CONDUCTOR-NODE-NOT-FOUND',
    class: 'permanent',
    grpcStatus: 'NOT_FOUND',
    httpStatus: 404,
    remedy: 'Name a node that exists.',
  },
  busy: {
    code: 'CONDUCTOR-NODE-BUSY',
    class: 'conflict',
    remedy: 'Wait until the operation under way is over, then try again.',
  },
  bmcAway: {
    code: 'CONDUCTOR-BMC-AWAY',
    class: 'transient',
    remedy: 'See that the BMC can be reached, then try again.',
  },
  invalid: {
    code: 'CONDUCTOR-INVALID',
    class: 'permanent',
    remedy: 'Correct driver_info, or ask for something that the machine offers.',
  },
  unsupported: {
    code: 'CONDUCTOR-UNSUPPORTED',
    class: 'permanent',
    grpcStatus: 'UNIMPLEMENTED',
    remedy: 'Do without: this BMC does not offer it.',
  },
  bmcRefused: {
    code: 'CONDUCTOR-BMC-REFUSED',
    class: 'config',
    remedy: 'Correct the credentials or the address in driver_info; the message has the words of the BMC.',
  },
});

export interface ConductorServicePorts {
  readonly store: Pick<NodeStore, 'nodes'>;
  readonly machineOf: MachineOf;
  /** Looks at a node's due work. */
  readonly offer: (nodeUuid: string) => void;
}

/** Calls of ironic-api that must reach a BMC while a client waits. */
export function conductorService({ store, machineOf, offer }: ConductorServicePorts): ServiceImplementation {
  const withMachine = async <Result>(
    nodeUuid: string,
    act: (machine: Machine, node: Node) => Promise<Result>,
  ): Promise<Result> => {
    try {
      const node = await store.nodes.get(nodeUuid);
      return await act(machineOf(node), node);
    } catch (error) {
      throw asCoded(error, nodeUuid);
    }
  };
  const changing = (node: Node): void => {
    if (node.reservation !== null) {
      throw rpcErrors.busy(
        `Node ${node.uuid} is locked by host ${node.reservation}, please retry after the current operation is completed.`,
      );
    }
  };
  return implement(ConductorService, {
    getBootDevice: ({ nodeUuid }, { signal }) =>
      withMachine(nodeUuid, async (machine) => {
        const { device, persistent } = await machine.bootDevice(signal);
        return { bootDevice: device ?? '', persistent: persistent ?? false, hasPersistent: persistent !== null };
      }),
    setBootDevice: ({ nodeUuid, bootDevice, persistent }, { signal }) =>
      withMachine(nodeUuid, async (machine, node) => {
        changing(node);
        const offered = await machine.bootDevices(signal);
        if (!offered.includes(bootDevice)) {
          throw rpcErrors.invalid(
            `Invalid boot device ${bootDevice.slice(0, 80)} specified. Node ${node.uuid} offers ${offered.join(', ')}.`,
          );
        }
        await machine.setBootDevice(bootDevice, persistent, undefined, signal);
        return {};
      }),
    getSupportedBootDevices: ({ nodeUuid }, { signal }) =>
      withMachine(nodeUuid, async (machine) => ({ bootDevices: [...(await machine.bootDevices(signal))] })),
    injectNmi: ({ nodeUuid }, { signal }) =>
      withMachine(nodeUuid, async (machine, node) => {
        changing(node);
        await machine.injectNmi(signal);
        return {};
      }),
    getVirtualMedia: ({ nodeUuid }, { signal }) =>
      withMachine(nodeUuid, async (machine) => {
        const drives = await machine.virtualMedia(signal);
        return {
          devicesJson: writeJson(
            drives.map(({ mediaTypes, inserted, image }) => ({
              media_types: mediaTypes,
              inserted,
              image: image ?? '',
            })),
          ),
        };
      }),
    listIndicators: ({ nodeUuid }, { signal }) =>
      withMachine(nodeUuid, async (machine) => {
        const indicators = await machine.indicators(signal);
        return { indicators: indicators.map((indicator) => ({ ...indicator, states: [...indicator.states] })) };
      }),
    getIndicator: ({ nodeUuid, component, name }, { signal }) =>
      withMachine(nodeUuid, async (machine) => ({ state: await machine.indicator(component, name, signal) })),
    setIndicator: ({ nodeUuid, component, name, state }, { signal }) =>
      withMachine(nodeUuid, async (machine, node) => {
        const indicator = chosenIndicator(await machine.indicators(signal), component, name);
        const wanted = checkIndicatorState(indicator, state);
        changing(node);
        await machine.setIndicator(component, name, wanted, signal);
        return {};
      }),
    callVendorMethod: ({ nodeUuid, method, argumentsJson }, { signal }) =>
      withMachine(nodeUuid, async (machine, node) => {
        const { run, changes } = vendorMethodOf(node.interfaces.vendor, method);
        if (changes) changing(node);
        const result = await run(machine, argumentsOf(argumentsJson), signal);
        return { resultJson: result === undefined ? new Uint8Array() : writeJson(result) };
      }),
    wake({ nodeUuid }) {
      offer(nodeUuid);
      return {};
    },
  });
}

function argumentsOf(bytes: Uint8Array): JsonObject {
  const given: unknown = bytes.length === 0 ? {} : readJson(bytes);
  if (!isJsonObject(given)) throw rpcErrors.invalid('The arguments of a vendor method are a JSON object');
  return given;
}

/** The words of Ironic for a BMC that failed: operators and their tools search logs for them. */
function asCoded(error: unknown, nodeUuid: string): unknown {
  if (isCodedError(error)) return error;
  if (isStoreError(error, 'NODE-NOT-FOUND')) return rpcErrors.notFound(error.message, { cause: error });
  if (RedfishError.is(error)) {
    const about = { cause: error, details: { node: nodeUuid } };
    if (error.kind === 'unsupported') return rpcErrors.unsupported(error.message, about);
    if (error.retryable)
      return rpcErrors.bmcAway(`Redfish connection failed for node ${nodeUuid}: ${error.message}`, about);
    return rpcErrors.bmcRefused(`Redfish exception occurred. Error: node ${nodeUuid}: ${error.message}`, about);
  }
  if (IpmiError.is(error)) {
    const about = { cause: error, details: { node: nodeUuid } };
    if (error.kind === 'unsupported') return rpcErrors.unsupported(error.message, about);
    return (error.retryable ? rpcErrors.bmcAway : rpcErrors.bmcRefused)(error.message, about);
  }
  if (error instanceof InvalidDriverInfo || error instanceof EffectProblem) {
    return rpcErrors.invalid(wordsOf(error), { cause: error });
  }
  return error;
}
