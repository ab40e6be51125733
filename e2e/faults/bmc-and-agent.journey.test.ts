import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@metal3/testing';
import { startFaultSite, type FaultSite } from './site.ts';

let site: FaultSite;
beforeAll(async () => {
  site = await startFaultSite(17, { silence: '10s' });
}, 300_000);
afterAll(() => site?.close());

/** Each on a machine of its own, from YAML to a running operating system. */
test.concurrent.each([
  ['a BMC that answers 503 for a while', { kind: 'bmc.status', status: 503, times: 8 }],
  ['a BMC that is slow', { kind: 'bmc.slow', delay: 1, times: 6 }],
  ['a power change whose response is lost', { kind: 'bmc.lost-response', method: 'POST', path: 'Reset$', times: 1 }],
  [
    'an inserted medium whose response is lost',
    { kind: 'bmc.lost-response', method: 'POST', path: 'InsertMedia$', times: 1 },
  ],
  ['a stale ETag', { kind: 'bmc.stale-etag', times: 1 }],
  ['an expired session', { kind: 'bmc.expired-session', times: 2 }],
  ['a power change refused twice', { kind: 'bmc.power-refused', times: 2 }],
])(
  '%s: the host is provisioned, its image written once',
  async (_fault, fault) => {
    const machine = site.takeMachine();
    await site.strike({ ...fault, machine: machine.name });
    await site.apply(machine, { image: site.imageOf('tiny.raw') });
    await site.reaches(machine, 'provisioned');
    expect(await site.count(machine, 'fault')).toBeGreaterThan(0);
    expect(await site.count(machine, 'image-write-started')).toBe(1);
  },
  300_000,
);

test.concurrent(
  'an agent that dies while it writes: the documented error, then provisioned by a second write',
  async () => {
    const machine = site.takeMachine();
    await site.strike({ kind: 'agent.dies', command: 'write_image', at: 0.5, times: 1, machine: machine.name });
    await site.apply(machine, { image: site.imageOf('tiny.raw') });
    const message = await site.fails(machine, 'provisioning error');
    expect(message).toMatch(/agent|heartbeat|timeout/i);
    await site.reaches(machine, 'provisioned');
    expect(await site.count(machine, 'image-write-started')).toBe(2);
    expect(await site.count(machine, 'image-write-finished')).toBe(1);
  },
  600_000,
);

test.concurrent(
  'a host with RAID by its controller boots from the volume, and gets the other one it is told of once the image is gone',
  async () => {
    const machine = site.takeMachine('last');
    const raid = (level: string) => ({ hardwareRAIDVolumes: [{ name: 'root', level, sizeGibibytes: 100 }] });
    const rootDeviceHints = { model: 'FW-RAID Volume' };
    await site.apply(machine, { image: site.imageOf('tiny.raw'), spec: { raid: raid('1'), rootDeviceHints } });
    await site.reaches(machine, 'provisioned');
    const made = async () => (await site.ledger(machine, 'volume-created')).map(({ detail }) => detail['raidType']);
    expect(await made()).toEqual(['RAID1']);
    const [written] = await site.ledger(machine, 'image-write-finished');
    expect(written?.detail['device']).toBe('/dev/sdc');

    // Nothing is changed under an instance.
    await site.patch(machine, { raid: raid('5') });
    await site.patch(machine, { image: null });
    await site.reaches(machine, 'available');
    await eventually(async () => (await made()).length > 1, { timeoutMs: 240_000 });
    expect(await made()).toEqual(['RAID1', 'RAID5']);
    await site.reaches(machine, 'available');
    expect(await site.count(machine, 'volume-deleted')).toBe(1);
    expect((await site.host(machine)).status?.provisioning.raid).toMatchObject(raid('5'));
  },
  600_000,
);

test.concurrent(
  'an agent that never calls back: a timeout that names what was awaited, and recovery when it does',
  async () => {
    const machine = site.takeMachine();
    await site.strike({ id: `mute-${machine.name}`, kind: 'agent.never-starts', machine: machine.name });
    await site.apply(machine);
    const message = await site.fails(machine, 'inspection error');
    expect(message).toMatch(/time/i);
    await fetch(`${site.stack.fleetUrl}/fleet/faults/mute-${machine.name}`, { method: 'DELETE' });
    await site.reaches(machine, 'available');
  },
  600_000,
);

test.concurrent(
  'wrong BMC credentials: a registration error, and recovery once the Secret is right',
  async () => {
    const machine = site.takeMachine();
    await site.apply(machine, { credentials: { username: 'admin', password: 'wrong' } });
    const message = await site.fails(machine, 'registration error');
    expect(message).not.toContain('wrong');
    await site.apply(machine);
    await site.reaches(machine, 'available');
  },
  600_000,
);

test.concurrent(
  'a BMC certificate that cannot be verified: a registration error, and recovery once that is allowed for',
  async () => {
    const machine = site.takeMachine();
    const { urls } = (await (await fetch(`${site.stack.fleetUrl}/fleet`)).json()) as { urls: { bmcTls: string } };
    await site.apply(machine, { bmc: urls.bmcTls });
    const message = await site.fails(machine, 'registration error');
    expect(message).toMatch(/certificate|TLS/i);
    const { spec } = await site.host(machine);
    await site.patch(machine, { bmc: { ...spec.bmc, disableCertificateVerification: true } });
    await site.reaches(machine, 'available');
  },
  600_000,
);

test.concurrent.each([
  ['a wrong checksum', { checksum: 'f'.repeat(64) }, /checksum/i],
  ['an image that is not there', { url: 'missing.raw' }, /missing\.raw/],
])(
  '%s: a provisioning error that names URL and cause, and recovery with the right image',
  async (_fault, wrong, cause) => {
    const machine = site.takeMachine();
    const good = site.imageOf('tiny.raw') as { readonly url: string };
    const image = { ...good, ...wrong, ...('url' in wrong && { url: good.url.replace('tiny.raw', 'missing.raw') }) };
    await site.apply(machine, { image });
    const message = await site.fails(machine, 'provisioning error');
    expect(message).toMatch(cause);
    expect(message).toContain('/files/images/');
    await site.patch(machine, { image: good });
    await site.reaches(machine, 'provisioned');
  },
  600_000,
);
