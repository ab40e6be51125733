import { constants } from 'node:fs';
import { appendFile, copyFile, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { diskLabels, type HardwareModel } from '../machine/hardware.ts';
import type { MachineIdentity } from '../machine/identity.ts';
import { ManagedMachine } from '../machine/managed-machine.ts';
import type { BootTarget, MediaSlot, ResetType } from '../machine/state.ts';
import type { World } from '../machine/world.ts';
import { bootOrder } from './boot-order.ts';
import { QemuProcess, type End } from './process.ts';
import {
  qemuArguments,
  type Accelerator,
  type Firmware,
  type NetworkBoot,
  type VirtualHardware,
} from './virtual-machine.ts';

/** Who restarts or switches off a machine from inside. */
const guest = 'guest';

/** What a virtual machine is given beside its identity. */
export interface QemuSettings {
  /** Folder for its disks, firmware variables, monitor and console log. */
  readonly folder: string;
  readonly accelerator: Accelerator;
  readonly memoryMiB: number;
  /** Sizes of its disks in bytes. */
  readonly disks: readonly number[];
  /** Network devices of the host, one for each of its cards. */
  readonly taps: readonly string[];
  /** UEFI firmware as packaged: code and a template of variables; `secure` with secure boot and its keys. */
  readonly firmware: Firmware;
  readonly secureFirmware: Firmware;
  /** Default: QEMU. */
  readonly launch?: (args: readonly string[], monitorPath: string) => Promise<VirtualProcess>;
}

/** One start of a virtual machine, until its end. */
type VirtualProcess = Pick<QemuProcess, keyof QemuProcess>;

/**
 * A virtual machine behind a BMC. Every start is a QEMU process of its own, whose boot order follows from the boot override; a restart,
 * by whomever, is an end and a start. That is what makes `Once` mean once.
 */
export class QemuMachine extends ManagedMachine {
  /** A setting of its firmware; takes effect at the next start. */
  networkBoot: NetworkBoot = 'PXE';
  readonly #settings: QemuSettings;
  #disks: readonly number[];
  /** None while the machine is off, and for a moment while its guest restarts it. */
  #process: VirtualProcess | undefined;
  #media: Promise<void> = Promise.resolve();

  constructor(identity: MachineIdentity, world: World, settings: QemuSettings) {
    super(identity, world);
    this.#settings = settings;
    this.#disks = settings.disks;
  }

  get virtual(): VirtualHardware {
    const { folder, memoryMiB, taps } = this.#settings;
    const { serial, macs } = this.identity;
    return {
      memoryMiB,
      disks: this.#disks.map((bytes, index) => ({
        file: join(folder, `disk${index}.raw`),
        bytes,
        ...diskLabels(serial, index),
      })),
      nics: taps.map((tap, index) => ({ tap, mac: macs[index] ?? macs[0] })),
    };
  }

  get hardware(): HardwareModel {
    const { memoryMiB, taps } = this.#settings;
    return {
      vendor: 'QEMU',
      model: 'Virtual Machine',
      cpu: { model: 'QEMU virtual processor', sockets: 1, coresPerSocket: 1, threadsPerCore: 1, mhz: 2000 },
      memory: { modules: 1, moduleMiB: memoryMiB },
      disks: this.#disks.map((bytes) => ({ model: 'Virtual disk', bytes, rotational: false })),
      nics: taps.map(() => ({ mbps: 1000 })),
    };
  }

  /** Other disks, of these sizes in bytes: from the next start on, until it leaves the factory again. */
  refit(disks: readonly number[]): void {
    this.#disks = disks;
  }

  /** Everything its serial console ever said, with a line of ours for each start. */
  get consoleLog(): string {
    return join(this.#settings.folder, 'console.log');
  }

  /** Unix socket of the monitor while the machine runs. */
  get monitorPath(): string {
    return join(this.#settings.folder, 'monitor.sock');
  }

  override mediaChanged(slot: MediaSlot): void {
    const url = this.media[slot]?.url;
    const running = this.#process;
    // A drive that does not take a medium is seen by the guest as empty; the BMC cannot know better.
    this.#media = this.#media.then(async () => {
      if (running === undefined || running !== this.#process) return;
      await (url === undefined ? running.eject(slot) : running.insert(slot, url)).catch((error: unknown) =>
        this.#complain(slot, error),
      );
    });
    super.mediaChanged(slot);
  }

  override async toFactory(): Promise<void> {
    await super.toFactory();
    this.networkBoot = 'PXE';
    this.#disks = this.#settings.disks;
    await rm(this.#settings.folder, { recursive: true, force: true });
  }

  /** A machine that does not do what its BMC asks is a matter for the ledger: whoever asked sees that its power has not changed. */
  protected async perform(type: ResetType, via: string): Promise<void> {
    try {
      await this.#perform(type, via);
    } catch (error) {
      this.record('power-refused', { reset: type, reason: error instanceof Error ? error.message : String(error) });
      // A guest restarted a machine that cannot be started again.
      if (this.power === 'On' && this.#process === undefined) this.#isOff(type, via);
    }
  }

  async #perform(type: ResetType, via: string): Promise<void> {
    switch (type) {
      case 'On':
      case 'ForceOn':
        return this.#turnOn(type, via);
      case 'ForceOff':
        return this.#turnOff(type, via);
      case 'PushPowerButton':
        return this.#perform(this.power === 'On' ? 'GracefulShutdown' : 'On', via);
      case 'GracefulShutdown':
        // Whether and when it goes down is the guest's affair.
        await this.#process?.pressPowerButton();
        return;
      case 'GracefulRestart': {
        const process = this.#process;
        if (process === undefined) return;
        await process.pressPowerButton();
        void process.ended.then(() => this.reset('On', via));
        return;
      }
      case 'ForceRestart':
      case 'PowerCycle':
        await this.#turnOff(type, via);
        return this.#turnOn(type, via);
      case 'Nmi':
        await this.#process?.interrupt();
        return;
    }
  }

  protected async stop(): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    await process?.quit();
    this.running = { kind: 'off' };
  }

  async #turnOn(type: string, via: string): Promise<void> {
    if (this.#process !== undefined) return;
    // The guest's restart comes too late when the machine was switched off meanwhile.
    if (via === guest && this.power === 'Off') return;
    this.applyPendingSettings();
    const order = bootOrder(this.override, this.virtual.nics.length > 0);
    const { mode } = this.override;
    if (this.override.enabled === 'Once') Object.assign(this.override, { enabled: 'Disabled', target: 'None' });
    const args = await this.#prepare(order);
    await appendFile(
      this.consoleLog,
      `\n--- ${new Date(this.world.time.now()).toISOString()} ${mode} start, boot order ${order.join(', ')}\n`,
    );
    const launch = this.#settings.launch ?? QemuProcess.start;
    const process = await launch(args, this.monitorPath);
    this.#process = process;
    this.power = 'On';
    this.running = { kind: 'unknown' };
    for (const slot of this.slots) {
      const url = this.media[slot]?.url;
      if (url === undefined) continue;
      await process.insert(slot, url).catch((error: unknown) => this.#complain(slot, error));
    }
    await process.go();
    this.record('power', { to: 'On', reset: type, via });
    this.record('boot', { order, platform: this.platform });
    void process.ended.then((end) => this.#afterEnd(process, end));
    this.onChange?.('power');
  }

  async #turnOff(type: string, via: string): Promise<void> {
    if (this.power === 'Off') return;
    await this.stop();
    this.#isOff(type, via);
  }

  #isOff(reset: string, via: string): void {
    this.power = 'Off';
    this.running = { kind: 'off' };
    this.record('power', { to: 'Off', reset, via });
    this.onChange?.('power');
  }

  /** The guest ended by itself, or QEMU did. A machine whose guest restarts it is on all the while. */
  #afterEnd(process: VirtualProcess, end: End): void {
    if (this.#process !== process) return;
    this.#process = undefined;
    if (end === 'guest-restart') void this.reset('On', guest);
    else this.#isOff(end, guest);
  }

  /** Makes what is missing of disks and firmware variables, and says how QEMU is to be started. */
  async #prepare(order: readonly BootTarget[]): Promise<readonly string[]> {
    const { folder, accelerator, firmware, secureFirmware } = this.#settings;
    const { identity, hardware, secureBoot } = this;
    await mkdir(folder, { recursive: true });
    for (const disk of this.virtual.disks) await makeSparse(disk.file, disk.bytes);
    await rm(this.monitorPath, { force: true });
    const template = secureBoot ? secureFirmware : firmware;
    const variables = join(folder, secureBoot ? 'variables.secure.fd' : 'variables.fd');
    await copyOnce(template.variables, variables);
    return qemuArguments({
      name: identity.name,
      uuid: identity.uuid,
      serial: identity.serial,
      vendor: hardware.vendor,
      model: hardware.model,
      accelerator,
      hardware: this.virtual,
      mode: this.override.mode,
      secureBoot,
      order,
      networkBoot: this.networkBoot,
      firmware: { code: template.code, variables },
      files: { monitor: this.monitorPath, console: this.consoleLog },
    });
  }

  #complain(slot: MediaSlot, error: unknown): void {
    const source: BootTarget = slot === 'Floppy' ? 'Usb' : slot;
    this.record('boot-failed', { source, reason: error instanceof Error ? error.message : String(error) });
  }
}

async function makeSparse(file: string, bytes: number): Promise<void> {
  const handle = await open(file, 'a');
  try {
    if ((await handle.stat()).size !== bytes) await handle.truncate(bytes);
  } finally {
    await handle.close();
  }
}

async function copyOnce(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_EXCL).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}
