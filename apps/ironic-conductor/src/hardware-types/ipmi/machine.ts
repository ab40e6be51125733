import type { IpmiInfo, Node } from '@metal3/node';
import type { Machine } from '../../interfaces/machine.ts';
import { bootModeOf } from '../../verbs/deploy/instance.ts';
import { EffectProblem } from '../../work/problems.ts';
import type { IpmiBmcs } from './bmcs.ts';
import { rawWords } from './command-line.ts';
import { IpmiError } from './errors.ts';
import { bootDeviceSaid, manufacturerSaid, powerSaid } from './output.ts';

/** Selectors of boot devices (IPMI 2.0 section 28.13, boot flags, data 2), as raw requests set them for UEFI. */
const selectors: Readonly<Record<string, string>> = {
  pxe: '0x04',
  disk: '0x08',
  cdrom: '0x14',
  bios: '0x18',
  safe: '0x0c',
};
/** Supermicro's name for a disk that UEFI boots. */
const supermicroDisk = '0x24';
const liftBootTimeout = ['raw', '0x00', '0x08', '0x03', '0x08'] as const;

export interface IpmiMachineOptions {
  readonly timeoutMs: number;
  /** Whether the limit of a minute is lifted on nodes that do not say. */
  readonly liftsBootTimeout: boolean;
  /** Asked in the instant before each call. */
  readonly mayStart?: (() => boolean) | undefined;
}

/** A machine behind a BMC that speaks IPMI. */
export function ipmiMachine(
  bmcs: IpmiBmcs,
  node: Pick<Node, 'instanceInfo' | 'properties' | 'bootMode' | 'driverInternalInfo'>,
  info: IpmiInfo,
  { timeoutMs, liftsBootTimeout, mayStart }: IpmiMachineOptions,
): Machine {
  const look = (command: string, signal: AbortSignal): Promise<string> =>
    bmcs.call(info, command.split(' '), false, { signal, timeoutMs, mayStart });
  const change = async (command: readonly string[], signal: AbortSignal): Promise<void> => {
    await bmcs.call(info, command, true, { signal, timeoutMs, mayStart });
  };
  const vendor = node.properties['vendor'];

  async function setBootDevice(
    device: string,
    persistent: boolean,
    mode: 'uefi' | 'bios',
    signal: AbortSignal,
  ): Promise<void> {
    const selector = selectors[device];
    if (selector === undefined) throw new EffectProblem(`Invalid boot device ${device} specified.`);
    if (info.liftsBootTimeout ?? liftsBootTimeout) await change(liftBootTimeout, signal);
    // A BMC that forgets is told before every start, each time for one.
    const lasting = persistent && !info.forcesBootDevice;
    if (mode === 'bios') {
      return change(['chassis', 'bootdev', device, ...(lasting ? ['options=persistent'] : [])], signal);
    }
    const isSupermicro = typeof vendor === 'string' && vendor.toLowerCase() === 'supermicro';
    const chosen = device === 'disk' && isSupermicro ? supermicroDisk : selector;
    // ipmitool's own bootdev cannot say both UEFI and persistent on all BMCs.
    return change(['raw', '0x00', '0x08', '0x05', lasting ? '0xe0' : '0xa0', chosen, '0x00', '0x00', '0x00'], signal);
  }

  /** The device that the node is to boot from again and again, where the BMC does not keep it. */
  function remembered(): string | undefined {
    const { persistent_boot_device: device, is_next_boot_persistent: lasts } = node.driverInternalInfo;
    return info.forcesBootDevice && lasts !== false && typeof device === 'string' ? device : undefined;
  }

  async function tellAgain(signal: AbortSignal): Promise<void> {
    const device = remembered();
    if (device !== undefined) await setBootDevice(device, false, bootModeOf(node), signal);
  }

  return {
    async readPower(signal) {
      const power = powerSaid(await look('power status', signal));
      return { power, bootMode: null, vendor: vendor === undefined ? await manufacturer(signal) : null, health: null };
    },
    async changePower(to, manner, signal) {
      if (to === 'on') await tellAgain(signal);
      await change(['power', to === 'on' ? 'on' : manner === 'soft' ? 'soft' : 'off'], signal);
    },
    async restart(manner, signal) {
      if (manner === 'soft') throw without('restarting the operating system without switching the machine off');
      await tellAgain(signal);
      await change(['power', 'reset'], signal);
    },
    setBootDevice: (device, persistent, mode, signal) =>
      setBootDevice(device, persistent, mode ?? bootModeOf(node), signal),
    setHttpBoot: () => Promise.reject(new EffectProblem('Invalid boot device uefihttp specified.')),
    async bootDevice(signal) {
      const device = remembered();
      return device === undefined
        ? bootDeviceSaid(await look('chassis bootparam get 5', signal))
        : { device, persistent: true };
    },
    bootDevices: () => Promise.resolve(Object.keys(selectors)),
    insertMedia: () => Promise.reject(without('virtual media')),
    ejectMedia: () => Promise.reject(without('virtual media')),
    virtualMedia: () => Promise.reject(without('virtual media')),
    setBootMode: () => Promise.reject(without('setting the boot mode')),
    setSecureBoot: () => Promise.reject(without('secure boot')),
    biosAttributes: () => Promise.resolve({}),
    setBiosAttributes: () => Promise.reject(without('BIOS settings')),
    biosSettings: () => Promise.resolve([]),
    resetBios: () => Promise.reject(without('BIOS settings')),
    firmware: () => Promise.resolve([]),
    startUpdate: () => Promise.reject(without('firmware updates')),
    updateProgress: () => Promise.reject(without('firmware updates')),
    volumes: null,
    subscriptions: null,
    raw: {
      async send(bytes, signal) {
        const words = rawWords(bytes);
        if (words === undefined) {
          throw new EffectProblem(
            `Invalid raw_bytes ${JSON.stringify(bytes.slice(0, 80))}: give two bytes or more with blanks between, such as 0x00 0x01`,
          );
        }
        await change(['raw', ...words], signal);
      },
      resetBmc: (warm, signal) => change(['bmc', 'reset', warm ? 'warm' : 'cold'], signal),
    },
    macAddresses: () => Promise.resolve([]),
    hardware: () => Promise.reject(without('an inventory of the hardware')),
    injectNmi: (signal) => change(['power', 'diag'], signal),
    indicators: () => Promise.reject(without('indicators')),
    indicator: () => Promise.reject(without('indicators')),
    setIndicator: () => Promise.reject(without('indicators')),
  };

  /** Worth knowing, but no reason to call a BMC unreachable that answers otherwise. */
  async function manufacturer(signal: AbortSignal): Promise<string | null> {
    try {
      return manufacturerSaid(await look('mc info', signal));
    } catch (error) {
      if (IpmiError.is(error) && error.kind !== 'aborted') return null;
      throw error;
    }
  }
}

const without = (what: string): IpmiError =>
  new IpmiError('unsupported', `IPMI has no way of ${what}: use a BMC that speaks Redfish for it`);
