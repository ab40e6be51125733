import type { Volumes } from './raid/ports.ts';

/** One machine as its power, management and boot interfaces offer it. Every method may throw the errors of its technology. */
export interface Machine {
  readPower(signal: AbortSignal): Promise<PowerReading>;
  /** Returns once the change is accepted; the effect shows in a later reading. Asking for the present state is accepted. */
  changePower(to: 'on' | 'off', manner: 'hard' | 'soft', signal: AbortSignal): Promise<void>;
  /** Off and on again without ever asking for off, for machines that must not be switched off. */
  restart(manner: 'hard' | 'soft', signal: AbortSignal): Promise<void>;
  setBootDevice(
    device: string,
    persistent: boolean,
    mode: 'uefi' | 'bios' | undefined,
    signal: AbortSignal,
  ): Promise<void>;
  /** UEFI HTTP boot of `url`; without one, of what DHCP tells. With `required: false` a BMC that takes no URL is not told one. */
  setHttpBoot(
    boot: {
      readonly url: string | undefined;
      readonly required: boolean;
      readonly persistent: boolean;
      readonly mode: 'uefi' | undefined;
    },
    signal: AbortSignal,
  ): Promise<void>;
  bootDevice(signal: AbortSignal): Promise<{ readonly device: string | null; readonly persistent: boolean | null }>;
  bootDevices(signal: AbortSignal): Promise<readonly string[]>;
  /** Puts an image into the virtual drive of a kind; does nothing when it is there already. */
  insertMedia(drive: DriveKind, image: string, signal: AbortSignal): Promise<void>;
  /** Does nothing when the drive is empty. */
  ejectMedia(drive: DriveKind, signal: AbortSignal): Promise<void>;
  virtualMedia(signal: AbortSignal): Promise<readonly DriveContent[]>;
  setBootMode(mode: 'uefi' | 'bios', signal: AbortSignal): Promise<void>;
  setSecureBoot(enabled: boolean, signal: AbortSignal): Promise<void>;
  biosAttributes(signal: AbortSignal): Promise<Readonly<Record<string, unknown>>>;
  setBiosAttributes(attributes: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<void>;
  /** All BIOS attributes with what is known of them; none when the machine does not offer them. */
  biosSettings(signal: AbortSignal): Promise<readonly BiosSetting[]>;
  /** Back to the factory's values, from the next self test on. */
  resetBios(signal: AbortSignal): Promise<void>;
  /** The firmware that runs; none when the machine does not say. `maxAgeMs`: an earlier reading that young will do. */
  firmware(signal: AbortSignal, maxAgeMs: number): Promise<readonly FirmwareReading[]>;
  /** Has the BMC fetch and install firmware; answers what to look at, or null when there is nothing to. */
  startUpdate(component: FirmwareComponent, imageUrl: string, signal: AbortSignal): Promise<string | null>;
  updateProgress(update: string, signal: AbortSignal): Promise<UpdateProgress>;
  /** RAID volumes by the BMC; null for a machine whose BMC has nothing to do with its storage. */
  readonly volumes: Volumes | null;
  /** Where the BMC sends its events; null for a machine that sends none. */
  readonly subscriptions: EventSubscriptions | null;
  /** What is said to the BMC byte by byte; null where that is not how it is spoken to. */
  readonly raw: RawCommands | null;
  /** Addresses of the network cards as the BMC knows them; none when it does not. */
  macAddresses(signal: AbortSignal): Promise<readonly string[]>;
  hardware(signal: AbortSignal): Promise<HardwareReading>;
  injectNmi(signal: AbortSignal): Promise<void>;
  indicators(signal: AbortSignal): Promise<readonly Indicator[]>;
  /** @throws EffectProblem for an indicator that the machine does not have */
  indicator(component: string, name: string, signal: AbortSignal): Promise<IndicatorState | 'unknown'>;
  setIndicator(component: string, name: string, state: IndicatorState, signal: AbortSignal): Promise<void>;
}

export const indicatorStates = ['blinking', 'off', 'on'] as const;
export type IndicatorState = (typeof indicatorStates)[number];

/** A lamp of the `system`, its `chassis` or a `disk`. */
export interface Indicator {
  readonly component: string;
  readonly name: string;
  readonly readOnly: boolean;
  readonly states: readonly IndicatorState[];
}

/** One BIOS attribute. What the machine does not say of it is null. */
export interface BiosSetting {
  readonly name: string;
  readonly value: unknown;
  readonly type: string | null;
  readonly allowableValues: readonly string[] | null;
  readonly lowerBound: number | null;
  readonly upperBound: number | null;
  readonly minLength: number | null;
  readonly maxLength: number | null;
  readonly readOnly: boolean | null;
  readonly resetRequired: boolean | null;
  readonly unique: boolean | null;
}

/** Of the machine itself, its BMC, or a network adapter by its id. */
export type FirmwareComponent = 'bios' | 'bmc' | `nic:${string}`;

export interface FirmwareReading {
  readonly component: FirmwareComponent;
  readonly version: string;
  readonly vendor: string | null;
  readonly model: string | null;
  readonly serialNumber: string | null;
}

export interface UpdateProgress {
  readonly state: 'running' | 'done' | 'failed';
  /** False where the BMC has taken the order and waits, for the machine to be restarted as often as not. */
  readonly begun: boolean;
  /** What the BMC says about it. */
  readonly words: string;
}

export interface RawCommands {
  /** @param bytes as text: `0x00 0x01` @throws EffectProblem for what is no list of bytes */
  send(bytes: string, signal: AbortSignal): Promise<void>;
  resetBmc(warm: boolean, signal: AbortSignal): Promise<void>;
}

export interface EventSubscription {
  readonly id: string;
  readonly context: string;
  readonly destination: string;
  readonly eventTypes: readonly string[];
  readonly protocol: string;
}

export interface EventSubscriptions {
  create(
    wanted: Omit<EventSubscription, 'id'> & { readonly headers: readonly Readonly<Record<string, string>>[] },
    signal: AbortSignal,
  ): Promise<EventSubscription>;
  get(id: string, signal: AbortSignal): Promise<EventSubscription>;
  delete(id: string, signal: AbortSignal): Promise<void>;
  /** Paths of all there are. */
  list(signal: AbortSignal): Promise<readonly string[]>;
}

export type DriveKind = 'cdrom' | 'floppy' | 'usbstick';

export interface PowerReading {
  readonly power: 'on' | 'off' | null;
  readonly bootMode: 'uefi' | 'bios' | null;
  readonly vendor: string | null;
  readonly health: string | null;
}

export interface DriveContent {
  readonly mediaTypes: readonly string[];
  readonly inserted: boolean;
  readonly image: string | null;
}

/** What a BMC alone knows of its machine. */
export interface HardwareReading {
  readonly memoryMb: number | null;
  readonly cpus: number | null;
  readonly macAddresses: readonly string[];
  readonly manufacturer: string | null;
  readonly model: string | null;
  readonly serialNumber: string | null;
}
