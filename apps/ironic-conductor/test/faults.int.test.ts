import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { type Site, startSite } from './site.ts';

/** Looks are frequent, so that what takes minutes in a data centre takes seconds here. */
const watchful = { AGENT_LOOK: '500ms', POWER_START_LOOK: '500ms', BMC_VERIFY_RETRY: '2s' };
/** A conductor that also gives up soon, for machines that will keep it waiting; a slow computer must not make others of them. */
const impatient = {
  ...watchful,
  CONDUCTOR_GROUPS: 'impatient',
  AGENT_SILENCE: '2s',
  INSPECTION_TIMEOUT: '4s',
  DEPLOY_CALLBACK_TIMEOUT: '4s',
};
const waitedForInVain = { conductor_group: 'impatient' };

let site: Site;
let next = 0;
beforeAll(async () => {
  site = await startSite({ hosts: 20, heartbeatInterval: 0.5 });
  await Promise.all([site.startConductor(watchful), site.startConductor(impatient)]);
});
afterEach(() => {
  site.fleet.world.faults.clear();
});
afterAll(async () => site.close());

async function available(more: Readonly<Record<string, unknown>> = {}): Promise<{ uuid: string; name: string }> {
  const index = next;
  next += 1;
  const uuid = await site.enrol(index, { automated_clean: false, ...more });
  await site.ask(uuid, 'manage');
  await site.reaches(uuid, 'manageable');
  await site.ask(uuid, 'provide');
  await site.reaches(uuid, 'available');
  return { uuid, name: `node-${index}` };
}

const writes = (machine: string) => site.fleet.world.ledger.find({ machine, event: 'image-write-started' });

async function deployed(uuid: string): Promise<void> {
  await site.patch(uuid, '/instance_info', await site.image());
  await site.ask(uuid, 'active');
  await site.reaches(uuid, 'active');
}

test.each([
  ['a BMC that answers 503 for a while', { kind: 'bmc.status', status: 503, times: 6 }],
  [
    'a response to a power change that is lost',
    { kind: 'bmc.lost-response', method: 'POST', path: 'Reset$', times: 1 },
  ],
  [
    'a response to an inserted medium that is lost',
    { kind: 'bmc.lost-response', method: 'POST', path: 'InsertMedia$', times: 1 },
  ],
  ['a connection that is closed unserved', { kind: 'bmc.refused', times: 2 }],
  ['a stale ETag', { kind: 'bmc.stale-etag', times: 1 }],
  ['an expired session', { kind: 'bmc.expired-session', times: 2 }],
  ['a power change refused twice', { kind: 'bmc.power-refused', times: 2 }],
  ['a power change that is accepted and ignored', { kind: 'bmc.power-ignored', times: 1 }],
  ['a medium refused once', { kind: 'bmc.media-refused', times: 1 }],
  ['a heartbeat that is lost', { kind: 'agent.silent', times: 2 }],
  ['an answer of the agent that is lost', { kind: 'agent.lost-response', times: 2 }],
  ['an agent that cannot be reached for a moment', { kind: 'agent.refused', times: 2 }],
])('%s does not keep a machine from being provisioned, with exactly one write', async (_fault, fault) => {
  const { uuid, name } = await available();
  site.fleet.world.faults.add({ ...fault, machine: name });
  await deployed(uuid);
  expect(writes(name)).toHaveLength(1);
});

test('an agent that dies while it writes is named in the error, and the next try provisions the machine', async () => {
  const { uuid, name } = await available(waitedForInVain);
  site.fleet.world.faults.add({ kind: 'agent.dies', machine: name, command: 'write_image', times: 1 });
  await site.patch(uuid, '/instance_info', await site.image());
  await site.ask(uuid, 'active');
  const failed = await site.reaches(uuid, 'deploy failed');
  expect(failed.last_error).toMatch(/deploy step deploy\.write_image/);
  await site.ask(uuid, 'active');
  await site.reaches(uuid, 'active');
  expect(writes(name)).toHaveLength(2);
});

test('an agent that never calls back ends in a timeout that names what was awaited, and the machine recovers when it does', async () => {
  const { uuid, name } = await available(waitedForInVain);
  site.fleet.world.faults.add({ id: 'mute', kind: 'agent.never-starts', machine: name });
  await site.patch(uuid, '/instance_info', await site.image());
  await site.ask(uuid, 'active');
  expect((await site.reaches(uuid, 'deploy failed')).last_error).toMatch(
    /Timeout reached while waiting for callback for node .*: awaited the first heartbeat of the agent for 4 seconds/,
  );
  site.fleet.world.faults.clear();
  await site.ask(uuid, 'active');
  await site.reaches(uuid, 'active');
});

test('wrong BMC credentials end verification with an error that names the BMC, and mended ones let it pass', async () => {
  const index = next;
  next += 1;
  const uuid = await site.enrol(index);
  const { account } = site.fleet.machine(`node-${index}`).identity;
  await site.patch(uuid, '/driver_info/redfish_password', 'wrong');
  await site.ask(uuid, 'manage');
  expect((await site.reaches(uuid, 'enroll')).last_error).toMatch(/Failed to get power state for node .* HTTP 401/);
  await site.patch(uuid, '/driver_info/redfish_password', account.password);
  await site.ask(uuid, 'manage');
  await site.reaches(uuid, 'manageable');
});

test('a certificate that cannot be verified ends verification with an error about TLS', async () => {
  const uuid = await site.enrol(next);
  next += 1;
  await site.patch(uuid, '/driver_info/redfish_address', site.fleet.urls.bmcTls);
  await site.ask(uuid, 'manage');
  expect((await site.reaches(uuid, 'enroll')).last_error).toMatch(/TLS connection failed/);
  await site.patch(uuid, '/driver_info/redfish_verify_ca', false);
  await site.ask(uuid, 'manage');
  await site.reaches(uuid, 'manageable');
});

test.each([
  ['a wrong checksum', { image_os_hash_value: 'f'.repeat(64) }, /tiny\.raw/],
  ['an image that is not there', { missing: 'missing.raw' }, /404.*missing\.raw|missing\.raw.*404/],
])(
  '%s fails the deployment with the URL and the cause, and the mended image is deployed',
  async (_what, wrong, words) => {
    const { uuid } = await available();
    const image = await site.image();
    const source = 'missing' in wrong ? { image_source: `${site.fleet.urls.files}/images/${wrong.missing}` } : wrong;
    await site.patch(uuid, '/instance_info', { ...image, ...source });
    await site.ask(uuid, 'active');
    expect((await site.reaches(uuid, 'deploy failed')).last_error).toMatch(words);
    await deployed(uuid);
  },
);
