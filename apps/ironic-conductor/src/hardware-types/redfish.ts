import {
  type BootTarget,
  type MediaType,
  RedfishError,
  type RedfishIndicator,
  type RedfishSystem,
} from '@metal3/redfish';
import { chosenIndicator } from '../interfaces/indicators.ts';
import { type DriveKind, indicatorStates, type Machine } from '../interfaces/machine.ts';
import { EffectProblem } from '../work/problems.ts';
import { redfishVolumes } from './redfish-volumes.ts';

const targets: Readonly<Record<string, BootTarget>> = {
  pxe: 'Pxe',
  disk: 'Hdd',
  cdrom: 'Cd',
  bios: 'BiosSetup',
  uefihttp: 'UefiHttp',
  none: 'None',
};
const devices = Object.fromEntries(Object.entries(targets).map(([device, target]) => [target, device]));
const mediaTypes: { readonly [drive in DriveKind]: MediaType } = {
  cdrom: 'CD',
  floppy: 'Floppy',
  usbstick: 'USBStick',
};

/**
 * A machine behind a Redfish service (DSP0266, DSP2046). `timeoutMs` bounds each request, so that none outlives a lease, and `mayStart` keeps one
 * from beginning without it.
 */
export function redfishMachine(system: RedfishSystem, timeoutMs: number, mayStart?: () => boolean): Machine {
  const call = (signal: AbortSignal) => ({ signal, timeoutMs, mayStart });
  const lampOf = async (component: string, name: string, signal: AbortSignal): Promise<RedfishIndicator> => {
    const lamps = await system.indicators(call(signal));
    return chosenIndicator(lamps, component, name);
  };
  return {
    async readPower(signal) {
      const view = await system.read(call(signal));
      return {
        power: view.power ?? null,
        bootMode: view.bootMode ?? null,
        vendor: view.manufacturer ?? null,
        health: view.health ?? null,
      };
    },
    async changePower(to, manner, signal) {
      await system.reset(to === 'on' ? 'On' : manner === 'soft' ? 'GracefulShutdown' : 'ForceOff', call(signal));
    },
    async restart(manner, signal) {
      await system.reset(manner === 'soft' ? 'GracefulRestart' : 'ForceRestart', call(signal));
    },
    async setBootDevice(device, persistent, mode, signal) {
      const target = targets[device];
      if (target === undefined) throw new EffectProblem(`Invalid boot device ${device} specified`);
      await system.setBoot({ target, enabled: persistent ? 'Continuous' : 'Once', mode }, call(signal));
    },
    async setHttpBoot({ url, required, persistent, mode }, signal) {
      const order = { target: 'UefiHttp', enabled: persistent ? 'Continuous' : 'Once', mode } as const;
      try {
        await system.setBoot({ ...order, httpBootUri: url }, call(signal));
      } catch (error) {
        if (required || url === undefined || !RedfishError.is(error) || error.kind !== 'refused') throw error;
        await system.setBoot(order, call(signal));
      }
    },
    async bootDevice(signal) {
      const view = await system.read(call(signal));
      const target = view.bootTarget === 'UsbCd' ? 'Cd' : view.bootTarget;
      return {
        device: target === undefined ? null : (devices[target] ?? null),
        persistent: view.bootEnabled === undefined ? null : view.bootEnabled === 'Continuous',
      };
    },
    async bootDevices(signal) {
      const { allowedBootTargets } = await system.read(call(signal));
      const known = Object.entries(targets).filter(([device]) => device !== 'none');
      return known
        .filter(([, target]) => allowedBootTargets.length === 0 || allowedBootTargets.includes(target))
        .map(([device]) => device);
    },
    insertMedia: (drive, image, signal) => system.insertMedia(mediaTypes[drive], image, call(signal)),
    ejectMedia: (drive, signal) => system.ejectMedia(mediaTypes[drive], call(signal)),
    async virtualMedia(signal) {
      const slots = await system.media(call(signal));
      return slots.map(({ mediaTypes: types, inserted, image }) => ({
        mediaTypes: types,
        inserted,
        image: image ?? null,
      }));
    },
    setBootMode: (mode, signal) => system.setBootMode(mode, call(signal)),
    setSecureBoot: (enabled, signal) => system.setSecureBoot(enabled, call(signal)),
    async biosAttributes(signal) {
      return (await system.biosAttributes(call(signal))) ?? {};
    },
    setBiosAttributes: (attributes, signal) => system.setBiosAttributes(attributes, call(signal)),
    async biosSettings(signal) {
      const attributes = await system.bios(call(signal));
      return attributes.map((attribute) => ({
        name: attribute.name,
        value: attribute.value,
        type: attribute.type ?? null,
        allowableValues: attribute.allowableValues ?? null,
        lowerBound: attribute.lowerBound ?? null,
        upperBound: attribute.upperBound ?? null,
        minLength: attribute.minLength ?? null,
        maxLength: attribute.maxLength ?? null,
        readOnly: attribute.readOnly ?? null,
        resetRequired: attribute.resetRequired ?? null,
        unique: attribute.unique ?? null,
      }));
    },
    resetBios: (signal) => system.resetBios(call(signal)),
    async firmware(signal, maxAgeMs) {
      const versions = await system.firmware(call(signal), maxAgeMs);
      return versions.map(({ component, version, vendor, model, serialNumber }) => ({
        component,
        version,
        vendor: vendor ?? null,
        model: model ?? null,
        serialNumber: serialNumber ?? null,
      }));
    },
    async startUpdate(component, imageUrl, signal) {
      return (await system.startUpdate(component, imageUrl, call(signal))) ?? null;
    },
    async updateProgress(update, signal) {
      const { state, begun, percent, messages } = await system.task(update, call(signal));
      const done = percent === undefined ? '' : ` (${percent} %)`;
      return { state, begun, words: `${messages.join(' ')}${done}`.trim() };
    },
    volumes: redfishVolumes(system, call),
    subscriptions: {
      create: (wanted, signal) => system.subscriptions.create(wanted, call(signal)),
      get: (id, signal) => system.subscriptions.get(id, call(signal)),
      delete: (id, signal) => system.subscriptions.delete(id, call(signal)),
      list: (signal) => system.subscriptions.list(call(signal)),
    },
    raw: null,
    macAddresses: (signal) => system.macAddresses(call(signal)),
    async hardware(signal) {
      const view = await system.read(call(signal));
      return {
        memoryMb: view.memoryGib === undefined ? null : Math.round(view.memoryGib * 1024),
        cpus: view.processors ?? null,
        macAddresses: await system.macAddresses(call(signal)),
        manufacturer: view.manufacturer ?? null,
        model: view.model ?? null,
        serialNumber: view.serialNumber ?? null,
      };
    },
    injectNmi: (signal) => system.reset('Nmi', call(signal)),
    async indicators(signal) {
      const lamps = await system.indicators(call(signal));
      return lamps.map(({ component, name, canBlink }) => ({
        component,
        name,
        readOnly: false,
        states: indicatorStates.filter((state) => canBlink || state !== 'blinking'),
      }));
    },
    indicator: async (component, name, signal) => (await lampOf(component, name, signal)).state,
    async setIndicator(component, name, state, signal) {
      await system.setIndicator(await lampOf(component, name, signal), state, call(signal));
    },
  };
}
