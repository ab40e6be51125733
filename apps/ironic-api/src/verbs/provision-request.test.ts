import { expect, test } from '@jest/globals';
import { acceptsVerb, verbEvents, type ProvisionState, type Verb } from '@metal3/node';
import { checkProvisionRequest, type CanonicalVerb, type ProvisionSubject } from './provision-request.ts';

const node = (known: Partial<ProvisionSubject>): ProvisionSubject => ({
  uuid: '1be26c0b-03f2-4d2e-ae87-c02d7f33c123',
  provisionState: 'manageable',
  reservation: null,
  maintenance: false,
  ...known,
});
const wordOf = (verb: CanonicalVerb): Verb =>
  (Object.keys(verbEvents) as Verb[]).find((word) => verbEvents[word] === verb) ?? 'manage';
const check = (body: Record<string, unknown>, subject: Partial<ProvisionSubject> = {}, minor = 95) =>
  checkProvisionRequest(body, node(subject), minor, (state, verb) =>
    acceptsVerb(state as ProvisionState, wordOf(verb)),
  );
const step = { interface: 'deploy', step: 'erase_devices_metadata' };

test.each<[sentence: string, body: Record<string, unknown>, subject: Partial<ProvisionSubject>, result: object]>([
  ['"active" and "deploy" are one verb', { target: 'active' }, { provisionState: 'available' }, { verb: 'deploy' }],
  ['"deleted" and "undeploy" are one verb', { target: 'undeploy' }, { provisionState: 'active' }, { verb: 'delete' }],
  [
    'clean carries its steps',
    { target: 'clean', clean_steps: [{ ...step, order: '2' }] },
    {},
    { verb: 'clean', cleanSteps: [{ ...step, order: 2 }] },
  ],
  [
    'an empty config drive counts as none',
    { target: 'active', configdrive: {} },
    { provisionState: 'available' },
    { verb: 'deploy' },
  ],
  [
    'a config drive may be given in parts',
    { target: 'active', configdrive: { meta_data: { a: 1 } } },
    { provisionState: 'available' },
    { verb: 'deploy', configDrive: { meta_data: { a: 1 } } },
  ],
  [
    'a config drive may be a URL',
    { target: 'active', configdrive: 'https://x/cd' },
    { provisionState: 'available' },
    { verb: 'deploy', configDrive: 'https://x/cd' },
  ],
])('%s', (_sentence, body, subject, result) => {
  expect(check(body, subject)).toEqual(result);
});

test.each<
  [sentence: string, body: Record<string, unknown>, subject: Partial<ProvisionSubject>, status: number, message: string]
>([
  ['a target is needed', {}, {}, 400, 'Missing mandatory parameter: target'],
  [
    'an unknown verb is refused like an impossible one',
    { target: 'fly' },
    {},
    400,
    'The requested action "fly" can not be performed',
  ],
  [
    'an impossible verb on a node that is held is a conflict',
    { target: 'active' },
    { provisionState: 'deploying', reservation: 'c1' },
    409,
    'is locked by host c1',
  ],
  [
    '"active" is refused in maintenance before the state is looked at',
    { target: 'active' },
    { maintenance: true },
    400,
    'maintenance',
  ],
  ['clean needs steps', { target: 'clean', clean_steps: [] }, {}, 400, '"clean_steps" is required'],
  [
    'a step needs its interface',
    { target: 'clean', clean_steps: [{ step: 'x' }] },
    {},
    400,
    "'interface' is a required property",
  ],
  [
    'a step of clean has no priority',
    { target: 'clean', clean_steps: [{ ...step, priority: 1 }] },
    {},
    400,
    "('priority' was unexpected)",
  ],
  ['clean steps belong to clean', { target: 'provide', clean_steps: [step] }, {}, 400, '"clean_steps" is only valid'],
  [
    'deploy steps must not repeat',
    {
      target: 'active',
      deploy_steps: [
        { ...step, args: {}, priority: 1 },
        { ...step, args: {}, priority: 2 },
      ],
    },
    { provisionState: 'available' },
    400,
    'Duplicate deploy steps',
  ],
  [
    'raw bytes are not sent to BMCs',
    { target: 'clean', clean_steps: [{ interface: 'vendor', step: 'send_raw' }] },
    {},
    400,
    'not allowed',
  ],
  [
    'the alias "deploy" takes no config drive',
    { target: 'deploy', configdrive: { meta_data: {} } },
    { provisionState: 'available' },
    400,
    'config drive',
  ],
  [
    'a config drive is base64',
    { target: 'active', configdrive: 'not base64 !' },
    { provisionState: 'available' },
    400,
    'Config drive is not valid',
  ],
  [
    'a rescue password must not be blank',
    { target: 'rescue', rescue_password: ' ' },
    { provisionState: 'active' },
    400,
    'rescue_password',
  ],
  ['other arguments are refused', { target: 'manage', bogus: 1 }, {}, 400, 'Unexpected arguments: bogus'],
])('%s', (_sentence, body, subject, status, message) => {
  const refused = () => check(body, subject);
  expect(refused).toThrow(message);
  try {
    refused();
  } catch (error) {
    expect(error).toMatchObject({ httpStatus: status });
  }
});

test.each<[sentence: string, body: Record<string, unknown>, subject: Partial<ProvisionSubject>, minor: number]>([
  ['clean came with 1.15', { target: 'clean', clean_steps: [step] }, {}, 14],
  ['service came with 1.87', { target: 'service', service_steps: [step] }, { provisionState: 'active' }, 86],
  [
    'config drives in parts came with 1.56',
    { target: 'active', configdrive: { meta_data: {} } },
    { provisionState: 'available' },
    55,
  ],
  ['deploy steps came with 1.69', { target: 'active', deploy_steps: [] }, { provisionState: 'available' }, 68],
  ['aborting an inspection came with 1.41', { target: 'abort' }, { provisionState: 'inspect wait' }, 40],
  ['aborting a deployment came with 1.110', { target: 'abort' }, { provisionState: 'wait call-back' }, 109],
])('%s', (_sentence, body, subject, minor) => {
  expect(() => check(body, subject, minor)).toThrow('Request not acceptable.');
  expect(() => check(body, subject, minor + 1)).not.toThrow('Request not acceptable.');
});
