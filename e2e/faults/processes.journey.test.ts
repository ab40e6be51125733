import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import type { ServiceName, SimulatedMachine } from '@metal3/stack';
import { eventually } from '@metal3/testing';
import { startFaultSite, type FaultSite } from './site.ts';

/** Longer than the lease of the conductors of this site. */
const threeLeasesMs = 12_000;

let site: FaultSite;
beforeAll(async () => {
  site = await startFaultSite(24, { silence: '30s' });
}, 300_000);
afterAll(() => site?.close());

/** From YAML to a running operating system while `harm` is done; then the ledger must hold one write. */
async function provisionedDespite(
  harm: (machines: readonly SimulatedMachine[]) => Promise<void>,
  machines = 2,
): Promise<void> {
  const hosts = Array.from({ length: machines }, () => site.takeMachine());
  for (const machine of hosts) await site.apply(machine, { image: site.imageOf('tiny.raw') });
  await harm(hosts);
  for (const machine of hosts) {
    await site.reaches(machine, 'provisioned');
    expect({ machine: machine.name, writes: await site.count(machine, 'image-write-started') }).toEqual({
      machine: machine.name,
      writes: 1,
    });
  }
}

/** Until this has happened to the machine. */
async function until(machine: SimulatedMachine | undefined, event: string): Promise<void> {
  if (machine === undefined) return;
  await eventually(
    async () => {
      if ((await site.count(machine, event)) > 0) return true;
      throw new Error(`${machine.name}: no ${event} in the ledger`);
    },
    { timeoutMs: 120_000, everyMs: 50 },
  );
}

test('Redis emptied again and again', async () => {
  const redis = new Redis(site.stack.redisUrl);
  try {
    await provisionedDespite(async () => {
      for (let round = 0; round < 20; round++) {
        await redis.flushall();
        await delay(150);
      }
    });
  } finally {
    redis.disconnect();
  }
}, 300_000);

test.each<[ServiceName, string]>([
  ['ironic-conductor', 'agent-started'],
  ['ironic-conductor', 'image-write-started'],
  ['ironic-api', 'agent-started'],
  ['ironic-api', 'image-write-started'],
  ['bmo', 'inspection-posted'],
  ['bmo', 'image-write-started'],
  ['pxe-server', 'powered-on'],
])(
  '%s killed -9 after %s',
  async (service, event) => {
    await provisionedDespite(async ([machine]) => {
      await until(machine, event === 'powered-on' ? 'media-inserted' : event);
      site.stack.process(service)?.signal('SIGKILL');
    });
  },
  300_000,
);

test('a conductor stopped for three times its lease in the middle of a write, then continued', async () => {
  await provisionedDespite(async ([machine]) => {
    await until(machine, 'image-write-started');
    const conductor = site.stack.process('ironic-conductor');
    conductor?.signal('SIGSTOP');
    await delay(threeLeasesMs);
    conductor?.signal('SIGCONT');
  });
}, 300_000);

test('kube-apiserver restarted', async () => {
  await provisionedDespite(async ([machine]) => {
    await until(machine, 'agent-started');
    await site.stack.controlPlane?.stopApiServer();
    await site.stack.controlPlane?.startApiServer();
  });
}, 300_000);

test('Redis stopped for the whole run', async () => {
  await site.stack.redis?.stop();
  try {
    await provisionedDespite(async () => undefined);
  } finally {
    await site.stack.redis?.start();
  }
}, 300_000);
