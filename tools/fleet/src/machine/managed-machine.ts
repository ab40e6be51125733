import type { DiskContent } from './disk.ts';
import type { HardwareModel } from './hardware.ts';
import type { MachineIdentity } from './identity.ts';
import { personalities, type Personality } from './personality.ts';
import { RaidController } from './raid.ts';
import {
  mediaSlots,
  type BootOverride,
  type InsertedMedia,
  type MediaSlot,
  type PowerState,
  type ResetType,
  type Running,
} from './state.ts';
import type { World } from './world.ts';

/** Firmware versions a machine is delivered with. */
const delivered = { bios: '1.4.2', bmc: '2.88.0', nic: '22.36.10' } as const;

const off: Running = { kind: 'off' };

/**
 * A machine as its BMC knows it: power, boot override, drives, settings. What it is made of (a simulation, a virtual machine) is the
 * matter of its subclasses, which carry out power actions and changes of media. Resources only some machines ever need (sessions, tasks)
 * live with the BMC and are made on first use.
 */
export abstract class ManagedMachine {
  readonly identity: MachineIdentity;
  readonly world: World;
  readonly personality: Personality;
  /** What the BMC says it is made of. */
  abstract readonly hardware: HardwareModel;
  /** The drives for virtual media. */
  readonly slots: readonly MediaSlot[] = mediaSlots;
  readonly override: BootOverride = { target: 'None', enabled: 'Disabled', mode: 'UEFI', httpBootUri: undefined };
  readonly media: { [slot in MediaSlot]?: InsertedMedia } = {};
  power: PowerState = 'Off';
  running: Running = off;
  /** Contents of disks by their serial numbers, where the machine knows them. */
  readonly contents = new Map<string, DiskContent>();
  /** Serial number of the disk that the firmware boots: the one written last. */
  bootDisk: string | undefined;
  /** The controller that makes volumes; none in most machines. */
  readonly raid: RaidController | undefined;
  biosVersion: string = delivered.bios;
  bmcVersion: string = delivered.bmc;
  /** Firmware of the network adapters that differs from the delivered one, by their numbers, and what waits for the next power-on self test. */
  readonly nicVersions = new Map<number, string>();
  readonly pendingNics = new Map<number, string>();
  /** BIOS attributes that differ from the factory's, and those waiting for the next power-on self test. */
  bios: Readonly<Record<string, unknown>> | undefined;
  pendingBios: Readonly<Record<string, unknown>> | undefined;
  secureBoot = false;
  pendingSecureBoot: boolean | undefined;
  /** Redfish requests so far. */
  redfishRequests = 0;
  /** Told when something about the machine changes that BMCs send events for. */
  onChange: ((change: 'power' | 'boot' | 'media') => void) | undefined;

  /** Aborted when the plug is pulled: the fleet shuts down or starts over. */
  #plug = new AbortController();
  #transition: Promise<void> = Promise.resolve();

  constructor(identity: MachineIdentity, world: World) {
    this.identity = identity;
    this.world = world;
    const { personalities: dealt, raid: modes } = world.options;
    const mode = modes[identity.index % modes.length] ?? 'none';
    this.raid = mode === 'none' ? undefined : new RaidController(identity.serial, mode);
    this.personality = personalities[dealt[identity.index % dealt.length] ?? 'generic'];
  }

  get name(): string {
    return this.identity.name;
  }

  /** Content of the disk that the firmware boots. */
  get disk(): DiskContent | undefined {
    return this.bootDisk === undefined ? undefined : this.contents.get(this.bootDisk);
  }

  /** What the machine would boot as: BIOS calls it legacy, El Torito calls it bios. */
  get platform(): 'bios' | 'uefi' {
    return this.override.mode === 'UEFI' ? 'uefi' : 'bios';
  }

  record(...entry: Parameters<World['ledger']['record']> extends [string, ...infer Rest] ? Rest : never): void {
    this.world.ledger.record(this.name, ...entry);
  }

  /** Takes a power request; its effect may follow later. Requests are carried out one after another. */
  reset(type: ResetType, via: string): Promise<void> {
    const plug = this.#plug.signal;
    this.#transition = this.#transition
      .then(() => this.perform(type, via, plug))
      .catch((error: unknown) => {
        if (!plug.aborted) throw error;
      });
    return this.#transition;
  }

  /** Everything stops, as when the fleet shuts down. */
  async unplug(): Promise<void> {
    const reason = new PowerLost(`${this.name} was unplugged`);
    this.#plug.abort(reason);
    await this.#transition;
    await this.stop(reason);
    this.running = off;
    this.#plug = new AbortController();
  }

  /** Off, empty and with the settings it was delivered with. */
  async toFactory(): Promise<void> {
    await this.unplug();
    this.power = 'Off';
    Object.assign(this.override, { target: 'None', enabled: 'Disabled', mode: 'UEFI', httpBootUri: undefined });
    delete this.media.Cd;
    delete this.media.Floppy;
    this.contents.clear();
    this.bootDisk = undefined;
    this.raid?.toFactory();
    this.bios = this.pendingBios = undefined;
    this.secureBoot = false;
    this.pendingSecureBoot = undefined;
    this.biosVersion = delivered.bios;
    this.bmcVersion = delivered.bmc;
    this.nicVersions.clear();
    this.pendingNics.clear();
    this.redfishRequests = 0;
  }

  nicVersion(number: number): string {
    return this.nicVersions.get(number) ?? delivered.nic;
  }

  /** A medium was put into a drive or taken out; `media` says what is in it now. */
  mediaChanged(_slot: MediaSlot): void {
    this.onChange?.('media');
  }

  /** The power-on self test is when settings written by Redfish take effect. */
  applyPendingSettings(): void {
    if (this.pendingBios !== undefined) {
      this.bios = { ...this.bios, ...this.pendingBios };
      this.record('bios-changed', { attributes: this.pendingBios });
      this.pendingBios = undefined;
    }
    if (this.pendingSecureBoot !== undefined && this.pendingSecureBoot !== this.secureBoot) {
      this.secureBoot = this.pendingSecureBoot;
      this.record('secure-boot-changed', { enabled: this.secureBoot });
    }
    this.pendingSecureBoot = undefined;
    for (const [number, version] of this.pendingNics) this.nicVersions.set(number, version);
    this.pendingNics.clear();
    this.raid?.selfTest();
  }

  /** Carries out a power request. Rejects when `plug` is aborted. */
  protected abstract perform(type: ResetType, via: string, plug: AbortSignal): Promise<void>;

  /** Ends whatever runs, at once. */
  protected abstract stop(reason: Error): void | Promise<void>;
}

/** Why everything on a machine stops at once. */
export class PowerLost extends Error {
  override readonly name = 'PowerLost';
}
