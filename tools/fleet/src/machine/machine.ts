import { RandomStream } from '../random.ts';
import type { DiskContent } from './disk.ts';
import type { MachineIdentity } from './identity.ts';
import type { BootOverride, InsertedMedia, MediaSlot, PowerState, ResetType, Running } from './state.ts';
import { personalities, type Personality } from './personality.ts';
import type { World } from './world.ts';

/** Why everything on a machine stops at once. */
export class PowerLost extends Error {
  override readonly name = 'PowerLost';
}

/** What a machine does after power-on, until something runs on it. */
export type BootSequence = (machine: Machine, signal: AbortSignal) => Promise<void>;

/** Simulated seconds from the request to the effect. */
const lag = { on: [1, 4], off: [1, 3], shutdown: [3, 10] } as const;

/** Firmware versions a machine is delivered with. */
const delivered = { bios: '1.4.2', bmc: '2.88.0' } as const;

const off: Running = { kind: 'off' };

/**
 * One server: power, what is in its drives and on its disk, and what runs. Resources only some machines ever need (sessions,
 * tasks, changed settings) live with the BMC and are made on first use.
 */
export class Machine {
  readonly identity: MachineIdentity;
  readonly world: World;
  readonly random: RandomStream;
  readonly personality: Personality;
  readonly override: BootOverride = { target: 'None', enabled: 'Disabled', mode: 'UEFI', httpBootUri: undefined };
  readonly media: { [slot in MediaSlot]?: InsertedMedia } = {};
  power: PowerState = 'Off';
  running: Running = off;
  disk: DiskContent | undefined;
  biosVersion: string = delivered.bios;
  bmcVersion: string = delivered.bmc;
  /** BIOS attributes that differ from the factory's, and those waiting for the next power-on self test. */
  bios: Readonly<Record<string, unknown>> | undefined;
  pendingBios: Readonly<Record<string, unknown>> | undefined;
  secureBoot = false;
  pendingSecureBoot: boolean | undefined;
  /** Redfish requests so far. */
  redfishRequests = 0;
  /** Told when something about the machine changes that BMCs send events for. */
  onChange: ((change: 'power' | 'boot' | 'media') => void) | undefined;

  readonly #boot: BootSequence;
  /** Aborted when the plug is pulled: the fleet shuts down or starts over. */
  #plug = new AbortController();
  #session = new AbortController();
  #transition: Promise<void> = Promise.resolve();

  constructor(identity: MachineIdentity, world: World, boot: BootSequence) {
    this.#boot = boot;
    this.identity = identity;
    this.world = world;
    const { personalities: dealt } = world.options;
    this.personality = personalities[dealt[identity.index % dealt.length] ?? 'generic'];
    this.random = new RandomStream(`life\0${world.options.seed}\0${identity.name}`);
  }

  get name(): string {
    return this.identity.name;
  }

  /** What the machine would boot as: BIOS calls it legacy, El Torito calls it bios. */
  get platform(): 'bios' | 'uefi' {
    return this.override.mode === 'UEFI' ? 'uefi' : 'bios';
  }

  record(...entry: Parameters<World['ledger']['record']> extends [string, ...infer Rest] ? Rest : never): void {
    this.world.ledger.record(this.name, ...entry);
  }

  /** Takes a power request; its effect follows after a lag. Requests are carried out one after another. */
  reset(type: ResetType, via: string): Promise<void> {
    const plug = this.#plug.signal;
    this.#transition = this.#transition
      .then(() => this.#perform(type, via))
      .catch((error: unknown) => {
        if (!plug.aborted) throw error;
      });
    return this.#transition;
  }

  /** The operating system or ramdisk ends itself: at once, from the inside. */
  halt(kind: 'power-off' | 'reboot', via: string): void {
    void this.reset(kind === 'power-off' ? 'ForceOff' : 'ForceRestart', via);
  }

  /** Everything stops, as when the fleet shuts down. */
  async unplug(): Promise<void> {
    const reason = new PowerLost(`${this.name} was unplugged`);
    this.#plug.abort(reason);
    await this.#transition;
    this.#stop(reason);
    this.#plug = new AbortController();
  }

  /** Off, empty and with the settings it was delivered with. */
  async toFactory(): Promise<void> {
    await this.unplug();
    this.power = 'Off';
    this.override.target = 'None';
    this.override.enabled = 'Disabled';
    this.override.mode = 'UEFI';
    this.override.httpBootUri = undefined;
    delete this.media.Cd;
    delete this.media.Floppy;
    this.disk = undefined;
    this.bios = this.pendingBios = undefined;
    this.secureBoot = false;
    this.pendingSecureBoot = undefined;
    this.biosVersion = delivered.bios;
    this.bmcVersion = delivered.bmc;
    this.redfishRequests = 0;
  }

  async #perform(type: ResetType, via: string): Promise<void> {
    const { time } = this.world;
    const { signal } = this.#plug;
    switch (type) {
      case 'On':
      case 'ForceOn':
        if (this.power === 'On') return;
        await time.pass(this.random.between(...lag.on), signal);
        return this.#turnOn(type, via);
      case 'ForceOff':
        if (this.power === 'Off') return;
        await time.pass(this.random.between(...lag.off), signal);
        return this.#turnOff(type, via);
      case 'PushPowerButton':
        return this.#perform(this.power === 'On' ? 'GracefulShutdown' : 'On', via);
      case 'GracefulShutdown':
        if (this.power === 'Off' || !this.#obeysAcpi()) return; // nobody listens: the machine stays on, as real ones do
        await time.pass(this.random.between(...lag.shutdown), signal);
        return this.#turnOff(type, via);
      case 'GracefulRestart':
        if (!this.#obeysAcpi()) return;
        await time.pass(this.random.between(...lag.shutdown), signal);
        this.#turnOff(type, via);
        return this.#turnOn(type, via);
      case 'ForceRestart':
      case 'PowerCycle':
        await time.pass(this.random.between(...lag.off), signal);
        this.#turnOff(type, via);
        return this.#turnOn(type, via);
      case 'Nmi':
        return;
    }
  }

  #obeysAcpi(): boolean {
    return this.running.kind === 'agent' || this.running.kind === 'os';
  }

  #turnOn(type: ResetType, via: string): void {
    if (this.power === 'On') return;
    this.power = 'On';
    this.record('power', { to: 'On', reset: type, via });
    this.running = { kind: 'booting', phase: 'firmware' };
    this.#session = new AbortController();
    const { signal } = this.#session;
    this.#boot(this, signal).catch((error: unknown) => {
      if (signal.aborted) return;
      this.running = { kind: 'stuck', reason: error instanceof Error ? error.message : String(error) };
      this.record('boot-failed', { reason: this.running.reason });
    });
    this.onChange?.('power');
  }

  #turnOff(type: ResetType, via: string): void {
    if (this.power === 'Off') return;
    this.power = 'Off';
    this.record('power', { to: 'Off', reset: type, via });
    this.#stop(new PowerLost(`${this.name} was powered off`));
    this.onChange?.('power');
  }

  #stop(reason: Error): void {
    if (this.running.kind === 'agent') this.record('agent-stopped', { reason: 'power' });
    if (this.running.kind === 'os') this.record('os-stopped', {});
    this.running = off;
    this.#session.abort(reason);
  }
}
