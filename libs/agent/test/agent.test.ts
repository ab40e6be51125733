import 'reflect-metadata';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { afterEach, expect, test } from '@jest/globals';
import { AgentError, agentClients, type Agents, commandOf, failureText, offeredSteps } from '../src/index.ts';

/** Replies of ironic-python-agent 13.0.0, as recorded. */
const running = {
  id: '46fe2e5b',
  command_name: 'execute_clean_step',
  command_status: 'RUNNING',
  command_error: null,
  command_result: null,
};
const stepsReply = {
  id: '948b6cd1',
  command_name: 'get_clean_steps',
  command_status: 'SUCCEEDED',
  command_error: null,
  command_result: {
    clean_steps: {
      GenericHardwareManager: [
        { step: 'erase_devices_metadata', priority: 99, interface: 'deploy', reboot_requested: false, abortable: true },
        { step: 'delete_configuration', priority: 0, interface: 'raid', reboot_requested: false, abortable: true },
      ],
      Vendor: [{ step: 'erase_devices_metadata', priority: 5, interface: 'deploy' }],
    },
    hardware_manager_version: { generic_hardware_manager: '1.2' },
  },
};

test('the steps of all hardware managers are one list, the first offer of a step counts', () => {
  expect(offeredSteps('clean', commandOf(stepsReply))).toEqual({
    commandId: '948b6cd1',
    hardwareManagerVersion: { generic_hardware_manager: '1.2' },
    steps: [
      { interface: 'deploy', step: 'erase_devices_metadata', priority: 99, abortable: true, reboot_requested: false },
      { interface: 'raid', step: 'delete_configuration', priority: 0, abortable: true, reboot_requested: false },
    ],
  });
});

test.each([
  [{ type: 'E', code: 500, message: 'Short', details: 'Short: and long' }, 'Short: and long'],
  [{ type: 'E', code: 500, message: 'Message', details: 'Details' }, 'Message: Details'],
  [{ type: 'E', code: 500, message: 'Same', details: 'Same' }, 'Same'],
])('the words of a failed command say everything once', (error, words) => {
  expect(failureText(commandOf({ ...running, command_status: 'FAILED', command_error: error }))).toBe(words);
});

let agents: Agents = agentClients();
let close: () => void = () => {};
afterEach(async () => {
  await agents.close();
  close();
});

/** An agent with a self-signed certificate for its address, as the real one makes for itself. */
async function agent(answer: (line: string, body: string) => { status: number; body: unknown } | 'hang up') {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  x509.cryptoProvider.set(webcrypto);
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=ipa',
    notBefore: new Date(Date.now() - 3_600_000),
    notAfter: new Date(Date.now() + 3_600_000),
    keys,
    signingAlgorithm: algorithm,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }], true)],
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const pem = certificate.toString('pem');
  const lines: string[] = [];
  const server = createServer(
    { cert: pem, key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----` },
    (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const line = `${request.method} ${request.url}`;
        lines.push(line);
        const reply = answer(line, Buffer.concat(chunks).toString('utf8'));
        if (reply === 'hang up') return void request.socket.destroy();
        response.writeHead(reply.status, { 'content-type': 'application/json' }).end(JSON.stringify(reply.body));
      });
    },
  );
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  const { port } = server.address() as AddressInfo;
  agents = agentClients();
  const address = { url: `https://127.0.0.1:${port}/agents/1`, token: 't0ken', verifyCa: pem };
  return { client: agents.agent(address), address, lines };
}

test('a command is posted with the token below the callback URL, over TLS that trusts the announced certificate alone', async () => {
  const { client, lines } = await agent(() => ({ status: 200, body: running }));
  const step = { interface: 'deploy', step: 'erase_devices_metadata' };
  expect(await client.executeStep('clean', step, { node: {}, ports: [] }, {})).toMatchObject({
    id: '46fe2e5b',
    status: 'RUNNING',
  });
  expect(lines).toEqual(['POST /agents/1/v1/commands/?wait=false&agent_token=t0ken']);
});

test('another certificate than the announced one is an error of kind tls', async () => {
  const { address } = await agent(() => ({ status: 200, body: {} }));
  const stranger = agents.agent({ ...address, verifyCa: undefined });
  await expect(stranger.commands()).rejects.toMatchObject({ kind: 'tls' });
});

test.each([
  [401, 'token'],
  [409, 'busy'],
  [400, 'refused'],
  [404, 'refused'],
  [500, 'unknown'],
])('HTTP %i to a command is an error of kind %s with the words of the agent', async (status, kind) => {
  const { client } = await agent(() => ({
    status,
    body: { faultcode: 'Client', faultstring: 'Agent is busy: executing command x' },
  }));
  await expect(client.give('clean.execute_clean_step', {}, false)).rejects.toMatchObject({
    kind,
    message: expect.stringContaining('executing command x'),
  });
});

test('a command whose answer was lost may have been taken; one that could not be sent was not', async () => {
  const { client, address } = await agent(() => 'hang up');
  await expect(client.give('standby.power_off', {}, false)).rejects.toMatchObject({ kind: 'unknown' });
  const nobody = agents.agent({ ...address, url: 'https://127.0.0.1:1' });
  const error: unknown = await nobody.give('standby.power_off', {}, false).catch((failure: unknown) => failure);
  expect(AgentError.is(error) && error.kind).toBe('unreachable');
});

test('a command that may not start any more is not sent, even where the connection is open already', async () => {
  const { client, lines } = await agent(() => ({ status: 200, body: { commands: [] } }));
  await client.commands();
  await expect(client.give('deploy.execute_deploy_step', {}, false, { mayStart: () => false })).rejects.toMatchObject({
    kind: 'aborted',
  });
  expect(lines).toHaveLength(1);
  await client.give('standby.sync', {}, true, { mayStart: () => true });
  expect(lines).toHaveLength(2);
});
