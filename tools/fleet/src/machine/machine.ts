import { RandomStream } from '../random.ts';
import { hardware } from './hardware.ts';
import type { MachineIdentity } from './identity.ts';
import { ManagedMachine, PowerLost } from './managed-machine.ts';
import type { ResetType, Running } from './state.ts';
import type { World } from './world.ts';

/** What a machine does after power-on, until something runs on it. */
export type BootSequence = (machine: Machine, signal: AbortSignal) => Promise<void>;

/** Simulated seconds from the request to the effect. */
const lag = { on: [1, 4], off: [1, 3], shutdown: [3, 10] } as const;

const off: Running = { kind: 'off' };

/** A simulated server: power takes effect after a lag, and its boot sequence decides what runs. */
export class Machine extends ManagedMachine {
  readonly hardware = hardware;
  readonly random: RandomStream;
  readonly #boot: BootSequence;
  #session = new AbortController();

  constructor(identity: MachineIdentity, world: World, boot: BootSequence) {
    super(identity, world);
    this.#boot = boot;
    this.random = new RandomStream(`life\0${world.options.seed}\0${identity.name}`);
  }

  /** The operating system or ramdisk ends itself: at once, from the inside. */
  halt(kind: 'power-off' | 'reboot', via: string): void {
    void this.reset(kind === 'power-off' ? 'ForceOff' : 'ForceRestart', via);
  }

  protected async perform(type: ResetType, via: string, plug: AbortSignal): Promise<void> {
    const { time } = this.world;
    switch (type) {
      case 'On':
      case 'ForceOn':
        if (this.power === 'On') return;
        await time.pass(this.random.between(...lag.on), plug);
        return this.#turnOn(type, via);
      case 'ForceOff':
        if (this.power === 'Off') return;
        await time.pass(this.random.between(...lag.off), plug);
        return this.#turnOff(type, via);
      case 'PushPowerButton':
        return this.perform(this.power === 'On' ? 'GracefulShutdown' : 'On', via, plug);
      case 'GracefulShutdown':
        if (this.power === 'Off' || !this.#obeysAcpi()) return; // nobody listens: the machine stays on, as real ones do
        await time.pass(this.random.between(...lag.shutdown), plug);
        return this.#turnOff(type, via);
      case 'GracefulRestart':
        if (!this.#obeysAcpi()) return;
        await time.pass(this.random.between(...lag.shutdown), plug);
        this.#turnOff(type, via);
        return this.#turnOn(type, via);
      case 'ForceRestart':
      case 'PowerCycle':
        await time.pass(this.random.between(...lag.off), plug);
        this.#turnOff(type, via);
        return this.#turnOn(type, via);
      case 'Nmi':
        return;
    }
  }

  protected stop(reason: Error): void {
    if (this.running.kind === 'agent') this.record('agent-stopped', { reason: 'power' });
    if (this.running.kind === 'os') this.record('os-stopped', {});
    this.running = off;
    this.#session.abort(reason);
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
    this.stop(new PowerLost(`${this.name} was powered off`));
    this.onChange?.('power');
  }
}
