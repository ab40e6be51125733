import { expect, test } from '@jest/globals';
import { noInterfaces } from '@metal3/node';
import { agentStepsFor, planAutomatedCleaning, planRequestedSteps } from './plan.ts';

/** As a real agent answers get_clean_steps. */
const offered = {
  commandId: 'c1',
  hardwareManagerVersion: { generic_hardware_manager: '1.2' },
  steps: [
    { step: 'erase_devices', priority: 10, interface: 'deploy', abortable: true },
    { step: 'erase_devices_metadata', priority: 99, interface: 'deploy', abortable: true },
    { step: 'erase_pstore', priority: 0, interface: 'deploy', abortable: true },
    { step: 'burnin_disk', priority: 0, interface: 'deploy', abortable: true },
    {
      step: 'clean_uefi_nvram',
      priority: 0,
      interface: 'deploy',
      abortable: true,
      argsinfo: { match_patterns: { required: true } },
    },
  ],
};

test('automated cleaning runs what has a priority, the configured one first', () => {
  const names = (priorities: Record<string, number>) =>
    planAutomatedCleaning(offered, priorities).map(({ step }) => step);
  expect(names({})).toEqual(['erase_devices_metadata', 'erase_devices']);
  expect(names({ erase_devices: 0, erase_devices_metadata: 10 })).toEqual(['erase_devices_metadata']);
  expect(names({ erase_devices: 0, erase_devices_metadata: 0 })).toEqual([]);
});

test.each([
  ['an unknown step', { interface: 'deploy', step: 'nonsense' }, /does not support this clean step: .*nonsense/],
  [
    'a missing argument',
    { interface: 'deploy', step: 'clean_uefi_nvram' },
    /missing these required arguments: match_patterns/,
  ],
  [
    'an argument too many',
    { interface: 'deploy', step: 'erase_pstore', args: { speed: 9 } },
    /unexpected arguments: speed/,
  ],
] as const)('manual cleaning refuses %s', (_what, step, words) => {
  expect(planRequestedSteps('clean', [step], offered, [])).toMatchObject({
    kind: 'problem',
    message: expect.stringMatching(words),
  });
});

test('manual cleaning keeps the order that was asked for', () => {
  const wanted = [
    { interface: 'deploy', step: 'erase_pstore' },
    { interface: 'bios', step: 'apply_configuration' },
    { interface: 'deploy', step: 'erase_devices' },
  ] as const;
  const plan = planRequestedSteps('clean', wanted, offered, [{ interface: 'bios', step: 'apply_configuration' }]);
  expect(plan.kind === 'steps' && plan.list.map(({ step }) => step)).toEqual([
    'erase_pstore',
    'apply_configuration',
    'erase_devices',
  ]);
});

test.each([
  ['agent', true],
  ['redfish', false],
  ['no-raid', false],
] as const)("with RAID interface %s the agent's RAID steps count: %s", (raid, counts) => {
  const withRaid = {
    ...offered,
    steps: [...offered.steps, { step: 'create_configuration', priority: 0, interface: 'raid' }],
  };
  const step = { interface: 'raid', step: 'create_configuration' } as const;
  const plan = planRequestedSteps('clean', [step], agentStepsFor({ ...noInterfaces, raid }, withRaid), []);
  expect(plan.kind).toBe(counts ? 'steps' : 'problem');
});
