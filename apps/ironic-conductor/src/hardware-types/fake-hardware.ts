import type { Node } from '@metal3/node';
import { chosenIndicator } from '../interfaces/indicators.ts';
import type { Indicator, Machine } from '../interfaces/machine.ts';
import { EffectProblem } from '../work/problems.ts';

const lamps: readonly Indicator[] = [
  { component: 'chassis', name: 'led-0', readOnly: true, states: ['off', 'on'] },
  { component: 'system', name: 'led', readOnly: false, states: ['blinking', 'off', 'on'] },
];

/** In Ironic's words: its fake hardware does everything but this. */
const without = (method: string): EffectProblem =>
  new EffectProblem(`Driver fake-hardware does not support ${method} (disabled or not implemented).`);

/** No machine at all. Its power is what the node says, so that it survives the conductor and is the same for all of them. */
export function fakeMachine(node: Pick<Node, 'powerState'>): Machine {
  let power: 'on' | 'off' | null =
    node.powerState === 'power on' ? 'on' : node.powerState === 'power off' ? 'off' : null;
  let device: { device: string | null; persistent: boolean | null } = { device: 'pxe', persistent: false };
  const nothing = (): Promise<void> => Promise.resolve();
  return {
    readPower: () => Promise.resolve({ power: power ?? 'off', bootMode: null, vendor: null, health: null }),
    changePower(to) {
      power = to;
      return nothing();
    },
    restart() {
      power = 'on';
      return nothing();
    },
    setBootDevice(wanted, persistent) {
      device = { device: wanted, persistent };
      return nothing();
    },
    setHttpBoot({ persistent }) {
      device = { device: 'uefihttp', persistent };
      return nothing();
    },
    bootDevice: () => Promise.resolve(device),
    bootDevices: () => Promise.resolve(['pxe']),
    insertMedia: () => Promise.reject(without('attach_virtual_media')),
    ejectMedia: () => Promise.reject(without('detach_virtual_media')),
    virtualMedia: () => Promise.resolve([]),
    setBootMode: nothing,
    setSecureBoot: nothing,
    biosAttributes: () => Promise.resolve({}),
    setBiosAttributes: nothing,
    biosSettings: () => Promise.resolve([]),
    resetBios: nothing,
    firmware: () => Promise.resolve([]),
    startUpdate: () => Promise.resolve(null),
    updateProgress: () => Promise.resolve({ state: 'done', begun: true, words: '' }),
    volumes: null,
    subscriptions: null,
    raw: null,
    macAddresses: () => Promise.resolve([]),
    hardware: () =>
      Promise.resolve({
        memoryMb: null,
        cpus: null,
        macAddresses: [],
        manufacturer: null,
        model: null,
        serialNumber: null,
      }),
    injectNmi: nothing,
    indicators: () => Promise.resolve(lamps),
    indicator: async (component, name) => {
      chosenIndicator(lamps, component, name);
      return 'on';
    },
    setIndicator: nothing,
  };
}
