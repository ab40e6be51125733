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
  /** Addresses of the network cards as the BMC knows them; none when it does not. */
  macAddresses(signal: AbortSignal): Promise<readonly string[]>;
  hardware(signal: AbortSignal): Promise<HardwareReading>;
  injectNmi(signal: AbortSignal): Promise<void>;
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
