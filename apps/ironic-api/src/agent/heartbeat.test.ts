import { expect, test } from '@jest/globals';
import type { Node, NodeAgent, ProvisionState } from '@metal3/node';
import { decideHeartbeat, readHeartbeat, type Heartbeat, type HeartbeatContext } from './heartbeat.ts';

const token = 'a'.repeat(43);
const beat = (known: Partial<Heartbeat> = {}): Heartbeat => ({
  callbackUrl: 'https://192.0.2.1:9999',
  agentVersion: '13.0.0',
  token,
  verifyCa: undefined,
  status: undefined,
  statusMessage: undefined,
  ...known,
});
const agent = (known: Partial<NodeAgent> = {}): NodeAgent => ({
  url: 'https://192.0.2.1:9999',
  version: null,
  verifyCa: null,
  tokenIssued: true,
  tokenPregenerated: false,
  status: null,
  statusMessage: null,
  lastHeartbeat: null,
  ...known,
});
const context = (
  state: ProvisionState,
  known: Partial<HeartbeatContext> = {},
  reservation: string | null = null,
): HeartbeatContext => ({
  node: { uuid: 'n', provisionState: state, reservation } as unknown as Node,
  agent: agent(),
  token,
  ...known,
});
const options = { requireTls: true, now: 1000 };

test.each<[sentence: string, state: ProvisionState, wake: boolean]>([
  ['wakes a node that waits for its agent', 'wait call-back', true],
  ['wakes a node on which a conductor acts, since it may just be about to wait', 'deploying', true],
  ['does not wake a node at rest', 'available', false],
  ['does not wake a node that waits for a person', 'clean hold', false],
  ['does not wake an inspection, which waits for data', 'inspect wait', false],
])('a heartbeat %s', (_sentence, state, wake) => {
  expect(decideHeartbeat(beat(), context(state), options)).toEqual({
    agent: { url: 'https://192.0.2.1:9999', version: '13.0.0', lastHeartbeat: 1000 },
    wake,
  });
});

test('the first heartbeat of an agent is taken although a conductor acts on the node, or died while it did', () => {
  expect(decideHeartbeat(beat(), context('cleaning', { agent: null }, 'c1'), options)).toMatchObject({
    agent: { url: 'https://192.0.2.1:9999' },
    wake: true,
  });
});

test.each<[sentence: string, heartbeat: Heartbeat, seen: HeartbeatContext, status: number, message: string]>([
  ['without a token is refused', beat({ token: undefined }), context('clean wait'), 400, 'Agent token is required'],
  [
    'with another token is refused',
    beat({ token: 'b'.repeat(43) }),
    context('clean wait'),
    400,
    'Invalid or missing agent token',
  ],
  [
    'for a node without a token is refused',
    beat(),
    context('clean wait', { token: undefined }),
    400,
    'Invalid or missing agent token',
  ],
  [
    'from another URL is refused',
    beat({ callbackUrl: 'https://192.0.2.2:9999' }),
    context('clean wait'),
    400,
    'Detected change',
  ],
  [
    'without TLS is refused',
    beat({ callbackUrl: 'http://192.0.2.1:9999' }),
    context('clean wait', { agent: null }),
    400,
    'TLS is required',
  ],
  [
    'of an unknown scheme is refused',
    beat({ callbackUrl: 'ftp://x' }),
    context('clean wait', { agent: null }),
    400,
    'callback_url',
  ],
  [
    'with neither version nor status is refused',
    beat({ agentVersion: undefined }),
    context('clean wait'),
    400,
    'Agent version',
  ],
])('a heartbeat %s', (_sentence, heartbeat, seen, status, message) => {
  const refused = () => decideHeartbeat(heartbeat, seen, options);
  expect(refused).toThrow(message);
  try {
    refused();
  } catch (error) {
    expect(error).toMatchObject({ httpStatus: status });
  }
});

test("fields newer than the version are the caller's mistake, not a reason to negotiate", () => {
  expect(() => readHeartbeat({ callback_url: 'https://x', agent_verify_ca: 'pem' }, 67)).toThrow('not recognised');
  expect(readHeartbeat({ callback_url: 'https://x', agent_verify_ca: 'pem' }, 68)).toMatchObject({ verifyCa: 'pem' });
});
