import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startFleetOf, type Fleet } from '../fleet.ts';
import type { End } from './process.ts';
import { QemuMachine } from './qemu-machine.ts';

let folder: string;
let fleet: Fleet<QemuMachine>;
/** Ends each start of the machine so far. */
let starts: ((how: End) => void)[];
beforeEach(async () => {
  starts = [];
  folder = mkdtempSync(join(tmpdir(), 'metal3-qemu-'));
  const firmware = { code: join(folder, 'code.fd'), variables: join(folder, 'variables.fd') };
  const settings = {
    folder: join(folder, 'vm-0'),
    accelerator: 'tcg',
    memoryMiB: 128,
    disks: [1 << 20, 2 << 20],
    taps: ['card0'],
    firmware,
    secureFirmware: firmware,
    // In place of QEMU; ends when it is told to.
    launch: async () => {
      const { promise: ended, resolve: end } = Promise.withResolvers<End>();
      starts.push(end);
      const done = () => Promise.resolve();
      const quit = () => Promise.resolve(end('ended'));
      return { ended, go: done, pressPowerButton: done, interrupt: done, insert: done, eject: done, quit };
    },
  } as const;
  fleet = await startFleetOf((identity, world) => new QemuMachine(identity, world, settings), {
    hosts: 1,
    prefix: 'vm',
  });
});
afterEach(async () => {
  await fleet.close();
  rmSync(folder, { recursive: true, force: true });
});

async function redfish(path: string, body?: object): Promise<{ status: number; body: Record<string, unknown> }> {
  const { identity } = fleet.machine('vm-0');
  const { username, password } = identity.account;
  const reply = await fetch(`${fleet.urls.bmc}/redfish/v1/Systems/${identity.uuid}${path}`, {
    headers: { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` },
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  });
  return { status: reply.status, body: reply.status === 204 ? {} : ((await reply.json()) as Record<string, unknown>) };
}

test('its BMC says what the virtual machine is made of, and does not pretend to know what runs', async () => {
  fleet.machine('vm-0').running = { kind: 'unknown' };
  const { body } = await redfish('');
  expect(body).toMatchObject({ Model: 'Virtual Machine', MemorySummary: { TotalSystemMemoryGiB: 0.125 } });
  expect(body).not.toHaveProperty('BootProgress');
  expect((await redfish('/Storage/1')).body).toMatchObject({ 'Drives@odata.count': 2 });
  expect((await redfish('/VirtualMedia')).body).toMatchObject({ 'Members@odata.count': 2 });
});

test('a machine that cannot be started stays off, says why in the ledger, and takes the next request', async () => {
  const machine = fleet.machine('vm-0');
  for (const tries of [1, 2]) {
    expect((await redfish('/Actions/ComputerSystem.Reset', { ResetType: 'On' })).status).toBe(204);
    await machine.reset('ForceOff', 'test');
    expect(machine.power).toBe('Off');
    const refused = fleet.world.ledger.find({ event: 'power-refused' });
    expect(refused).toHaveLength(tries);
    expect(refused[0]?.detail['reason']).toContain('variables.fd');
  }
});

test('disks and cards have the names that the agent will report', () => {
  const { virtual, identity } = fleet.machine('vm-0');
  expect(virtual.disks.map(({ serial }) => serial)).toEqual([`${identity.serial}D0`, `${identity.serial}D1`]);
  expect(virtual.nics).toEqual([{ tap: 'card0', mac: identity.macs[0] }]);
});

test('other disks are there until it leaves the factory again', async () => {
  const machine = fleet.machine('vm-0');
  const before = machine.virtual;
  machine.refit([1 << 20]);
  expect(machine.virtual.disks).toEqual([{ ...before.disks[0], bytes: 1 << 20 }]);
  expect((await redfish('/Storage/1')).body).toMatchObject({ 'Drives@odata.count': 1 });
  await machine.toFactory();
  expect(machine.virtual).toEqual(before);
});

/** A machine that is on. */
async function running(): Promise<QemuMachine> {
  writeFileSync(join(folder, 'variables.fd'), 'variables');
  const machine = fleet.machine('vm-0');
  await machine.reset('On', 'test');
  expect(machine.power).toBe('On');
  return machine;
}

/** Resolves after all power requests so far. */
const settled = (machine: QemuMachine) => machine.reset('Nmi', 'test');

test('a machine whose guest restarts it is started again, and is on all the while', async () => {
  const machine = await running();
  const seen: string[] = [];
  machine.onChange = () => seen.push(machine.power);
  starts[0]?.('guest-restart');
  await settled(machine);
  await settled(machine);
  expect(starts).toHaveLength(2);
  expect(seen).toEqual(['On']);
  expect(fleet.world.ledger.find({ event: 'power' }).map(({ detail }) => detail['to'])).toEqual(['On', 'On']);
});

test('a machine that is switched off while its guest restarts it stays off', async () => {
  const machine = await running();
  starts[0]?.('guest-restart');
  await machine.reset('ForceOff', 'test');
  await settled(machine);
  expect(starts).toHaveLength(1);
  expect(machine.power).toBe('Off');
});

test('a machine whose guest restarts it and that cannot be started again is off', async () => {
  const machine = await running();
  rmSync(join(folder, 'vm-0'), { recursive: true });
  rmSync(join(folder, 'variables.fd'));
  starts[0]?.('guest-restart');
  await settled(machine);
  await settled(machine);
  expect(machine.power).toBe('Off');
});

test('a machine whose guest switches it off is off', async () => {
  const machine = await running();
  starts[0]?.('guest-off');
  await settled(machine);
  expect(machine.power).toBe('Off');
});
