import type { AgentCommand } from '@metal3/agent';
import type { NodeStep } from '@metal3/node';
import { expect, test } from '@jest/globals';
import { raidAfter } from './raid-record.ts';

const now = Date.parse('2026-03-01T12:00:00Z');
const step = (name: string, owner: NodeStep['interface'] = 'raid'): NodeStep => ({ interface: owner, step: name });
const command = (result: unknown, status: AgentCommand['status'] = 'SUCCEEDED'): AgentCommand => ({
  id: 'c',
  name: 'execute_clean_step',
  status,
  error: undefined,
  result,
});
// As the real agent answers.
const mirror = {
  logical_disks: [{ controller: 'software', raid_level: '1', size_gb: 'MAX', block_devices: ['/dev/sda', '/dev/sdb'] }],
};

test.each(['clean', 'deploy', 'service'])('the RAID that a %s step made is that of the node, with the time', (kind) => {
  expect(raidAfter(step('create_configuration'), command({ [`${kind}_result`]: mirror }), now)).toEqual({
    ...mirror,
    last_updated: '2026-03-01T12:00:00.000Z',
  });
});

test('after its deletion a node has no RAID', () => {
  expect(raidAfter(step('delete_configuration'), command({ clean_result: null }), now)).toEqual({});
});

test('other steps, steps that have not succeeded and answers without disks change nothing', () => {
  const made = { clean_result: mirror };
  expect(raidAfter(step('erase_devices', 'deploy'), command(made), now)).toBeUndefined();
  expect(raidAfter(step('create_configuration'), command(made, 'RUNNING'), now)).toBeUndefined();
  expect(raidAfter(step('create_configuration'), command(made, 'FAILED'), now)).toBeUndefined();
  expect(raidAfter(step('create_configuration'), command({ clean_result: {} }), now)).toBeUndefined();
  expect(raidAfter(step('create_configuration'), command(null), now)).toBeUndefined();
  expect(raidAfter(undefined, command(made), now)).toBeUndefined();
});
