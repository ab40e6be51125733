import { setTimeout as delay } from 'node:timers/promises';
import {
  bareMetalHost,
  hardwareData,
  type BareMetalHost,
  type BareMetalHostSpec,
  type HardwareData,
} from '@metal3/metal3-api';
import { applyExample, renderExample } from '@metal3/stack';
import { namespace, type Lab } from './lab.ts';

/** The machine's BareMetalHost, as a person with kubectl would work with it. */
export interface LabHost {
  /** Applies Secret and BareMetalHost; `driver` is what the address of the BMC begins with. */
  readonly register: (spec?: Partial<BareMetalHostSpec>, driver?: BmcDriver) => Promise<void>;
  readonly patch: (spec: object) => Promise<void>;
  readonly annotate: (annotations: Readonly<Record<string, string | null>>) => Promise<void>;
  readonly get: () => Promise<BareMetalHost>;
  readonly hardware: () => Promise<HardwareData>;
  /** Waits for a provisioning state, saying which states it passes. @throws when it shows an error, or takes too long */
  readonly reaches: (state: string, options?: { readonly withinMs?: number }) => Promise<BareMetalHost>;
  /** Waits until the host is as wanted. @throws when it takes too long */
  readonly becomes: (
    wanted: string,
    check: (host: BareMetalHost) => boolean,
    withinMs?: number,
  ) => Promise<BareMetalHost>;
  /** Gives the image's user data to the machine. */
  readonly secret: (name: string, data: Readonly<Record<string, string>>) => Promise<void>;
  readonly delete: () => Promise<void>;
  /** Deletes whatever is left after a journey, without cleaning the machine. */
  readonly forget: () => Promise<void>;
}

/** For a journey about something else: nothing that costs another start of the agent. */
export const deployOnly = { inspectionMode: 'disabled', automatedCleaningMode: 'disabled' } as const;

/** How the machine is booted: by a virtual CD, or over the network. */
export type BmcDriver = 'redfish-virtualmedia' | 'redfish';

const minutes = 60_000;

export function labHost(lab: Lab, signal: AbortSignal): LabHost {
  const { client, machine, fleet, say, root } = lab;
  const key = { namespace, name: machine.name };
  const get = () => client.get(bareMetalHost, key);
  let shown = '';

  const look = async (): Promise<BareMetalHost | undefined> => {
    const host = await client.find(bareMetalHost, key);
    const { provisioning, errorMessage = '' } = host?.status ?? {};
    const line =
      host === undefined ? 'gone' : `${provisioning?.state || 'new'}${errorMessage === '' ? '' : `  ${errorMessage}`}`;
    if (line !== shown) say(`host is ${line}`);
    shown = line;
    return host;
  };

  const becomes: LabHost['becomes'] = async (wanted, check, withinMs = 10 * minutes) => {
    const end = Date.now() + withinMs;
    for (let said = Date.now(); ;) {
      signal.throwIfAborted();
      const host = await look();
      if (host !== undefined && check(host)) return host;
      if (Date.now() > end)
        throw new Error(`the host is ${shown} and not ${wanted} after ${withinMs / minutes} minutes`);
      if (Date.now() - said > 60_000) {
        said = Date.now();
        say(`still ${shown}; the console's last line: ${(await lab.console.tail(1)).trim().slice(0, 160)}`);
      }
      await delay(250, undefined, { signal });
    }
  };

  const gone = async () => {
    const end = Date.now() + 5 * minutes;
    while ((await look()) !== undefined) {
      if (Date.now() > end) throw new Error('the host is still there 5 minutes after it was deleted');
      await delay(250, undefined, { signal });
    }
  };

  return {
    get,
    becomes,
    hardware: () => client.get(hardwareData, key),
    register: async (spec = {}, driver = 'redfish-virtualmedia') => {
      shown = '';
      const objects = renderExample(root, 'hosts/host.yaml', {
        NAMESPACE: namespace,
        NAME: machine.name,
        UUID: machine.identity.uuid,
        BOOT_MAC: machine.identity.macs[0],
        BMC_URL: fleet.urls.bmc,
        BMC_USERNAME: machine.identity.account.username,
        BMC_PASSWORD: machine.identity.account.password,
        PURPOSE: 'lab',
      });
      const host = objects.find(({ kind }) => kind === 'BareMetalHost') as BareMetalHost | undefined;
      if (host?.spec.bmc === undefined) throw new Error('examples/hosts/host.yaml holds no BareMetalHost with a BMC');
      const address = host.spec.bmc.address.replace(/^[a-z-]+\+/, `${driver}+`);
      const own: BareMetalHost = { ...host, spec: { ...host.spec, ...spec, bmc: { ...host.spec.bmc, address } } };
      await applyExample(
        client,
        objects.map((object) => (object === host ? own : object)),
      );
    },
    patch: async (spec) => void (await client.patch(bareMetalHost, key, { type: 'merge', body: { spec } })),
    annotate: async (annotations) =>
      void (await client.patch(bareMetalHost, key, { type: 'merge', body: { metadata: { annotations } } })),
    reaches: (state, { withinMs } = {}) =>
      becomes(
        state,
        ({ status }) => {
          if (status?.errorMessage) throw new Error(`${status.errorType ?? 'error'}: ${status.errorMessage}`);
          return status?.provisioning.state === state;
        },
        withinMs,
      ),
    secret: async (name, data) => {
      const object = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name }, stringData: data };
      await applyExample(client, [object]);
    },
    delete: async () => {
      await client.delete(bareMetalHost, key);
      await gone();
    },
    forget: async () => {
      if ((await client.find(bareMetalHost, key)) === undefined) return;
      await client.patch(bareMetalHost, key, {
        type: 'merge',
        body: { spec: { automatedCleaningMode: 'disabled', image: null } },
      });
      await client.delete(bareMetalHost, key);
      await gone();
    },
  };
}
