import type { FastifyInstance } from 'fastify';
import { interfaceKinds, type InterfaceKind } from '@metal3/node';
import {
  openNodeStore,
  type Claim,
  type DriverInterfaces,
  type LeasedChange,
  type NodeStore,
} from '@metal3/node-store';
import { seededRandom } from '@metal3/testing';
import { systemClock } from '@metal3/service';
import { assembleApi } from '../../src/api.ts';
import { noAuthentication } from '../../src/authentication/basic.ts';
import type { BmcAccess } from '../../src/bmc/ports.ts';
import type { ApiSettings, Dependencies } from '../../src/dependencies.ts';
import { conductorDirectory } from '../../src/drivers/directory.ts';
import { Fault, invalid } from '../../src/faults.ts';
import { restServer, type RestServerOptions } from '../../src/http/server.ts';
import { translateError } from '../../src/store-faults.ts';
import { exchanges } from './exchanges.ts';

export const settings: ApiSettings = {
  defaultResourceClass: null,
  maxLimit: 1000,
  allowDeletingAvailableNodes: true,
  allowProvisioningInMaintenance: true,
  fastTrack: true,
  restrictLookup: true,
  agentHeartbeatTimeoutSeconds: 300,
  requireAgentTls: true,
  maxConcurrentDeploy: 250,
  maxConcurrentClean: 50,
  lockWaitMs: 0,
};

/** The whole API over a store in memory, with the conductor of the recording registered. */
export interface Stage {
  readonly store: NodeStore;
  readonly rest: FastifyInstance;
  readonly dependencies: Dependencies;
  /** Lets a conductor without hardware do all that is due. */
  work(): Promise<void>;
  close(): Promise<void>;
}

export async function openStage(
  options: {
    readonly settings?: Partial<ApiSettings>;
    readonly authenticate?: RestServerOptions['authenticate'];
    readonly onFailure?: NonNullable<RestServerOptions['onFailure']>;
    readonly bmc?: BmcAccess;
    /** A database in memory when left out. */
    readonly storeUrl?: string;
  } = {},
): Promise<Stage> {
  const store = await openNodeStore({ url: options.storeUrl ?? 'sqlite::memory:', key: new Uint8Array(32).fill(7) });
  await store.conductors.register({
    hostname: '127.0.0.1',
    rpcAddress: '127.0.0.1:1',
    groups: [''],
    drivers: recordedDrivers(),
  });
  const directory = conductorDirectory({
    list: () => store.conductors.list(),
    now: () => systemClock.monotonic(),
    maxAgeMs: 0,
  });
  const dependencies: Dependencies = {
    store,
    hints: { hint() {} },
    directory,
    bmc: options.bmc ?? fakeBmc,
    clock: systemClock,
    random: seededRandom(1),
    settings: { ...settings, ...options.settings },
  };
  const api = assembleApi(dependencies);
  const rest = restServer({
    routes: [...api.discoveryRoutes, ...api.routes, ...api.agentRoutes],
    authenticate: options.authenticate ?? noAuthentication,
    publicEndpoint: undefined,
    translate: translateError,
    ...(options.onFailure === undefined ? {} : { onFailure: options.onFailure }),
  });
  return {
    store,
    rest,
    dependencies,
    work: () => workOff(store),
    async close() {
      await rest.close();
      await store.close();
    },
  };
}

/** The hardware types of the recording, with the interfaces that were enabled. */
function recordedDrivers(): Record<string, DriverInterfaces> {
  const { drivers } = exchanges.find(({ note }) => note === 'driver detail')?.response.body as {
    drivers: ReadonlyArray<Record<string, unknown>>;
  };
  return Object.fromEntries(
    drivers.map((driver) => {
      const interfaces = interfaceKinds.map((kind: InterfaceKind) => [
        kind,
        { enabled: driver[`enabled_${kind}_interfaces`], default: driver[`default_${kind}_interface`] },
      ]);
      return [String(driver['name']), Object.fromEntries(interfaces) as DriverInterfaces];
    }),
  );
}

/** The BMC of fake-hardware: it knows one boot device. */
export const fakeBmc: BmcAccess = {
  bootDevice: () => Promise.resolve({ bootDevice: 'pxe', persistent: false }),
  setBootDevice: async (_node, device) => {
    if (device !== 'pxe') throw invalid(`Invalid boot device ${device} specified.`);
  },
  supportedBootDevices: () => Promise.resolve(['pxe']),
  injectNmi: () => Promise.resolve(),
  indicators: () => Promise.resolve([{ component: 'system', name: 'led', readOnly: false, states: ['off', 'on'] }]),
  indicator: () => Promise.resolve('on'),
  setIndicator: () => Promise.resolve(),
  virtualMedia: () => Promise.reject(new Fault('unsupported', 'Driver fake-hardware does not support virtual media.')),
  callVendorMethod: () => Promise.reject(new Fault('unsupported', 'No BMC')),
};

async function workOff(store: NodeStore): Promise<void> {
  for (;;) {
    const claims = await store.work.claimDue({ owner: '127.0.0.1', groups: [''], limit: 10, leaseMs: 60_000 });
    if (claims.length === 0) return;
    for (const claim of claims) await carryOut(store, claim);
  }
}

/** What a conductor does with a node of hardware type fake-hardware: everything succeeds at once. */
async function carryOut(store: NodeStore, claim: Claim): Promise<void> {
  const { work, lease, node } = claim;
  if (work.power !== null) {
    const on = work.power.target !== 'power off' && work.power.target !== 'soft power off';
    const change: LeasedChange = {
      power: null,
      patch: { powerState: on ? 'power on' : 'power off', targetPowerState: null },
    };
    await store.work.release(lease, work.wakeSeq, {}, change);
    return;
  }
  const change = changeFor(claim);
  if (work.kind === 'tear-down') {
    const after = await store.work.update(lease, {
      event: 'clean',
      work: { kind: 'clean', args: {} },
      patch: { instanceInfo: {}, instanceUuid: null },
    });
    await store.work.release(after.lease, after.work.wakeSeq, {}, { event: 'done', work: null });
    return;
  }
  const requests = work.requests.map(({ id }) => id);
  await store.work.release(lease, work.wakeSeq, {}, { ...change, work: null, doneRequests: requests });
  void node;
}

function changeFor({ work, node }: Claim): LeasedChange {
  switch (work.kind) {
    case null:
      return {};
    case 'clean': {
      const steps = work.args['clean_steps'];
      if (!Array.isArray(steps)) return { event: 'done' };
      return {
        event: 'fail',
        patch: {
          lastError:
            `Cannot clean node ${node.uuid}: node does not support this clean step: ` +
            `{'step': 'nope', 'interface': 'deploy'}`,
        },
      };
    }
    case 'deploy':
    case 'rebuild':
      return node.instanceInfo['image_source'] === undefined
        ? { event: 'done' }
        : { event: 'done', patch: { instanceInfo: { ...node.instanceInfo, image_type: 'whole-disk' } } };
    default:
      return { event: 'done' };
  }
}
