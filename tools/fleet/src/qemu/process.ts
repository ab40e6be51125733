import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { Monitor, type MonitorEvent } from './monitor.ts';
import type { MediaSlot } from '../machine/state.ts';
import { cdDrive, mediumNode, stickDevice } from './virtual-machine.ts';

/** Why a virtual machine ended: its guest restarted, its guest powered off, or QEMU ended some other way. */
export type End = 'guest-restart' | 'guest-off' | 'ended';

/** A running QEMU. */
export class QemuProcess {
  readonly #child: ChildProcess;
  readonly #monitor: Monitor;
  /** Resolves when QEMU is gone. */
  readonly ended: Promise<End>;
  #media = 0;
  #medium: string | undefined;
  #stick: string | undefined;

  private constructor(child: ChildProcess, monitor: Monitor, ended: Promise<End>) {
    this.#child = child;
    this.#monitor = monitor;
    this.ended = ended;
  }

  /** Starts QEMU with its processor stopped. @throws Error with what QEMU complained about */
  static async start(args: readonly string[], monitorPath: string): Promise<QemuProcess> {
    // If this process is killed, the kernel ends QEMU: no virtual machine outlives its BMC.
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', 'qemu-system-x86_64', ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-4_000)));
    let reason: string | undefined;
    const onEvent = ({ event, data }: MonitorEvent) => {
      if (event === 'SHUTDOWN' && typeof data?.['reason'] === 'string') reason = data['reason'];
    };
    const exited = new Promise<void>((resolve) => {
      child.once('error', (error) => {
        complaint = error.message;
        resolve();
      });
      child.once('exit', () => resolve());
    });
    const stopWaiting = new AbortController();
    const failed = exited.then(() => {
      stopWaiting.abort();
      throw new Error(`QEMU did not start: ${complaint.trim()}`);
    });
    try {
      const opening = Monitor.open(monitorPath, onEvent, { signal: stopWaiting.signal });
      opening.catch(() => undefined);
      const monitor = await Promise.race([opening, failed]);
      failed.catch(() => undefined);
      const ended = exited.then((): End => {
        monitor.close();
        if (reason === 'guest-reset') return 'guest-restart';
        return reason === 'guest-shutdown' ? 'guest-off' : 'ended';
      });
      return new QemuProcess(child, monitor, ended);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  /** Lets the processor run. */
  async go(): Promise<void> {
    await this.#monitor.run('cont');
  }

  async pressPowerButton(): Promise<void> {
    await this.#monitor.run('system_powerdown');
  }

  /** Interrupts the guest as a debugger's button does. */
  async interrupt(): Promise<void> {
    await this.#monitor.run('inject-nmi');
  }

  /** Puts a medium into the drive, or plugs in a stick with it. @throws MonitorError when the server does not give it */
  async insert(slot: MediaSlot, url: string): Promise<void> {
    const name = `medium${++this.#media}`;
    await this.#monitor.run('blockdev-add', mediumNode(name, url));
    if (slot === 'Floppy') {
      const stick = `stick${this.#media}`;
      await this.#monitor.run('device_add', stickDevice(stick, name));
      this.#stick = stick;
      return;
    }
    await this.#monitor.run('blockdev-open-tray', { id: cdDrive, force: true });
    await this.#monitor.run('blockdev-insert-medium', { id: cdDrive, 'node-name': name });
    await this.#monitor.run('blockdev-close-tray', { id: cdDrive });
    this.#medium = name;
  }

  /** Takes the medium out, whether the guest has locked the drive or not. */
  async eject(slot: MediaSlot): Promise<void> {
    if (slot === 'Floppy') {
      const stick = this.#stick;
      this.#stick = undefined;
      // When the guest lets go of it is the guest's affair; its medium goes with the process.
      if (stick !== undefined) await this.#monitor.run('device_del', { id: stick });
      return;
    }
    const name = this.#medium;
    if (name === undefined) return;
    this.#medium = undefined;
    await this.#monitor.run('blockdev-open-tray', { id: cdDrive, force: true });
    await this.#monitor.run('blockdev-remove-medium', { id: cdDrive });
    await this.#monitor.run('blockdev-close-tray', { id: cdDrive });
    await this.#monitor.run('blockdev-del', { 'node-name': name });
  }

  /** Pulls the plug. */
  async quit(): Promise<void> {
    const quitting = this.#monitor.run('quit').catch(() => undefined);
    const gone = await Promise.race([this.ended, delay(5_000, undefined, { ref: false })]);
    if (gone === undefined) this.#child.kill('SIGKILL');
    await Promise.all([quitting, this.ended]);
  }
}
