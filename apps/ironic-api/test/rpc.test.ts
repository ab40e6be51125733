import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bootEntryClient, type BootEntryClient } from '@metal3/boot-client';
import { grpcServer } from '@metal3/grpc';
import { nodeClient, readJson, writeJson, type NodeClient, type WatchResponse } from '@metal3/ironic-client';
import { testService } from '@metal3/testing';
import { assembleApi } from '../src/api.ts';
import { fakeBmc, openStage, type Stage } from './replay/stage.ts';

const drives = [{ media_types: ['CD'], inserted: true, image: 'http://192.0.2.2/data.iso' }];
let stage: Stage;
let service: ReturnType<typeof testService>;
let nodes: NodeClient;
let boots: BootEntryClient;
const settings = {
  listen: '127.0.0.1:0',
  portFile: '',
  tlsCertFile: '',
  tlsKeyFile: '',
  tlsClientCaFile: '',
  readers: [],
  operators: [],
  services: [],
  reflection: false,
};

beforeAll(async () => {
  stage = await openStage({ bmc: { ...fakeBmc, virtualMedia: async () => JSON.stringify(drives) } });
  const server = grpcServer(settings, assembleApi(stage.dependencies).grpcServices);
  service = testService('ironic-api-test');
  await server.start(service.signal, service);
  closeServer = () => server.stop();
  nodes = nodeClient(server.address);
  boots = bootEntryClient(server.address);
});
let closeServer: () => Promise<void> = () => Promise.resolve();
afterAll(async () => {
  nodes.close();
  boots.close();
  await closeServer();
  await stage.close();
});

const create = async (name: string, fields: object = {}) => {
  const { node } = await nodes.createNode({ nodeJson: writeJson({ driver: 'fake-hardware', name, ...fields }) });
  if (node === undefined) throw new Error('no node in the answer');
  return node;
};

/** Collects what a stream says until `enough`. */
async function watchUntil(
  options: { resumeToken?: string },
  enough: (seen: readonly WatchResponse[]) => boolean,
): Promise<WatchResponse[]> {
  const ending = new AbortController();
  const seen: WatchResponse[] = [];
  try {
    for await (const message of nodes.watch(options, { signal: ending.signal })) {
      seen.push(message);
      if (enough(seen)) ending.abort();
    }
  } catch (error) {
    if (!ending.signal.aborted) throw error;
  }
  return seen;
}

const redfishInfo = {
  redfish_address: 'https://192.0.2.1',
  redfish_system_id: '/redfish/v1/Systems/1',
  redfish_username: 'admin',
  redfish_password: 'secret',
};

describe('NodeService', () => {
  test('refuses a NUL character in a text or in JSON, naming the field', async () => {
    await expect(create('nul', { extra: { note: 'a\0' } })).rejects.toMatchObject({
      grpcStatus: 'INVALID_ARGUMENT',
      message: expect.stringContaining('node_json.extra.note'),
    });
    await expect(nodes.setMaintenance({ ident: 'one', maintenance: true, reason: '\0' })).rejects.toMatchObject({
      grpcStatus: 'INVALID_ARGUMENT',
      message: expect.stringContaining('reason'),
    });
  });

  test('is another way to the same nodes as REST', async () => {
    const { uuid } = await create('one', { driver_info: { redfish_password: 'p' }, disable_power_off: true });
    const { node } = await nodes.getNode({ ident: 'one' });
    expect(node).toMatchObject({
      uuid,
      provisionState: 'enroll',
      disablePowerOff: true,
      revision: 1n,
      hasAutomatedClean: false,
    });
    expect(readJson(node?.driverInfoJson ?? new Uint8Array())).toEqual({ redfish_password: '******' });
    const reply = await stage.rest.inject({ url: `/v1/nodes/${uuid}` });
    expect(reply.json()).toMatchObject({ uuid, driver: 'fake-hardware' });
  });

  test('refuses with a code, and says what to do', async () => {
    await expect(nodes.getNode({ ident: 'absent' })).rejects.toMatchObject({
      code: 'IRONIC-NOT-FOUND',
      grpcStatus: 'NOT_FOUND',
      message: expect.stringContaining('Node absent could not be found.'),
    });
    await create('taken');
    await expect(create('taken')).rejects.toMatchObject({
      code: 'IRONIC-ALREADY-EXISTS',
      grpcStatus: 'ALREADY_EXISTS',
    });
    await expect(nodes.setProvisionState({ ident: 'taken', target: 'active' })).rejects.toMatchObject({
      code: 'IRONIC-INVALID-STATE',
    });
  });

  test('a mutation may insist on the revision it was decided on', async () => {
    const { uuid, revision } = await create('guarded');
    const patchJson = writeJson([{ op: 'add', path: '/extra/a', value: 1 }]);
    await nodes.patchNode({ ident: uuid, patchJson, expectedRevision: revision });
    await expect(nodes.patchNode({ ident: uuid, patchJson, expectedRevision: revision })).rejects.toMatchObject({
      code: 'IRONIC-CONFLICT',
    });
  });

  test('a retried request is carried out once', async () => {
    const { uuid } = await create('retried');
    const request = { requestId: '0d9d5f5c-5a1c-4c43-b6f4-0c9a3a1b7f00', ident: uuid, target: 'manage' };
    const first = await nodes.setProvisionState(request);
    const second = await nodes.setProvisionState(request);
    expect(second.node).toMatchObject({ provisionState: 'verifying', revision: first.node?.revision });
  });

  test('ports, validation, power, maintenance and drivers answer', async () => {
    const { uuid } = await create('rest');
    const { port } = await nodes.createPort({ portJson: writeJson({ node_uuid: uuid, address: '52:54:00:00:aa:01' }) });
    expect((await nodes.listPorts({ nodeIdent: 'rest' })).ports).toMatchObject([{ uuid: port?.uuid, nodeUuid: uuid }]);
    expect((await nodes.validateNode({ ident: uuid })).results).toContainEqual(
      expect.objectContaining({ interface: 'power', hasResult: true, result: true }),
    );
    expect((await nodes.setPowerState({ ident: uuid, target: 'rebooting' })).node).toMatchObject({
      targetPowerState: 'power on',
    });
    expect((await nodes.setMaintenance({ ident: uuid, maintenance: true, reason: 'why' })).node).toMatchObject({
      maintenanceReason: 'why',
    });
    expect((await nodes.listDrivers({})).drivers.map(({ name }) => name)).toContain('fake-hardware');
    await nodes.deletePort({ uuid: port?.uuid ?? '' });
    await nodes.deleteNode({ ident: uuid });
    await expect(nodes.getNode({ ident: uuid })).rejects.toMatchObject({ code: 'IRONIC-NOT-FOUND' });
  });

  test('remembers RAID volumes, and refuses what is none', async () => {
    const { uuid } = await create('rpc-raid');
    const config = { logical_disks: [{ size_gb: 'MAX', raid_level: '1' }] };
    const { node } = await nodes.setTargetRaidConfig({ ident: uuid, configJson: writeJson(config) });
    expect(readJson(node?.targetRaidConfigJson ?? new Uint8Array())).toEqual(config);
    const wrong = nodes.setTargetRaidConfig({ ident: uuid, configJson: writeJson({ logical_disks: [{}] }) });
    await expect(wrong).rejects.toMatchObject({ message: expect.stringContaining('raid config') });
  });

  test('tells BIOS settings and firmware as a conductor has stored them', async () => {
    const { uuid } = await create('rpc-firmware');
    expect(await nodes.getFirmware({ ident: uuid })).toMatchObject({ biosSettingsJson: new Uint8Array() });
    const settings = [{ name: 'BootMode', value: 'Uefi' }];
    await stage.dependencies.store.blobs.put(uuid, 'bios', Buffer.from(JSON.stringify(settings)));
    const told = await nodes.getFirmware({ ident: 'rpc-firmware' });
    expect(readJson(told.biosSettingsJson)).toEqual(settings);
    expect(told.componentsJson).toEqual(new Uint8Array());
  });

  test('shows virtual drives of machines that have some, and calls vendor methods', async () => {
    const { uuid } = await create('rpc-media', { driver: 'redfish', driver_info: redfishInfo });
    expect(readJson((await nodes.listVirtualMedia({ ident: uuid })).devicesJson)).toEqual(drives);
    await create('rpc-vendor');
    await expect(nodes.listVirtualMedia({ ident: 'rpc-vendor' })).rejects.toMatchObject({ code: 'IRONIC-UNSUPPORTED' });
    const ask = { ident: 'rpc-vendor', method: 'third_method_sync', argumentsJson: writeJson({ bar: 'meow' }) };
    expect(readJson((await nodes.vendorPassthru({ ...ask, httpMethod: 'POST' })).resultJson)).toBe(true);
    for (const httpMethod of ['GET', 'LOOK']) {
      await expect(nodes.vendorPassthru({ ...ask, httpMethod })).rejects.toMatchObject({
        grpcStatus: 'INVALID_ARGUMENT',
        message: expect.stringContaining(httpMethod),
      });
    }
  });

  test('reads an inventory that exceeds four mebibytes', async () => {
    const { uuid } = await create('large');
    await expect(nodes.getInventory({ ident: uuid })).rejects.toMatchObject({ code: 'IRONIC-NOT-FOUND' });
    const inventory = { disks: 'x'.repeat(6_000_000) };
    await stage.store.blobs.put(uuid, 'inventory', JSON.stringify(inventory));
    const { inventoryJson } = await nodes.getInventory({ ident: uuid });
    expect(readJson(inventoryJson)).toEqual(inventory);
  });
});

describe('Watch', () => {
  const kinds = { snapshot: 1, synced: 2, changed: 3, deleted: 4 };

  test('tells all nodes, then SYNCED, then each change and deletion', async () => {
    const { uuid } = await create('watched');
    const watching = watchUntil({}, (seen) =>
      seen.some(({ kind, uuid: gone }) => kind === kinds.deleted && gone === uuid),
    );
    await nodes.setMaintenance({ ident: uuid, maintenance: true });
    await nodes.deleteNode({ ident: uuid });
    const seen = await watching;
    const synced = seen.findIndex(({ kind }) => kind === kinds.synced);
    expect(synced).toBeGreaterThan(0);
    expect(seen.slice(0, synced).every(({ kind }) => kind === kinds.snapshot)).toBe(true);
  });

  test('goes on from a token without telling everything again', async () => {
    await create('first');
    const before = await watchUntil({}, (seen) => seen.some(({ kind }) => kind === kinds.synced));
    const resumeToken = before.at(-1)?.token ?? '';
    const { uuid } = await create('second');
    const after = await watchUntil({ resumeToken }, (seen) => seen.some(({ node }) => node?.uuid === uuid));
    expect(after.filter(({ kind }) => kind === kinds.snapshot)).toEqual([]);
    expect(after.find(({ node }) => node?.uuid === uuid)).toMatchObject({ kind: kinds.changed });
  });
});

test('boot entries are told to pxe-server as conductors write them', async () => {
  const { uuid } = await create('booting');
  const claim = await stage.store.work.claimNode(uuid, { owner: 'c1', leaseMs: 60_000 });
  if (claim === undefined) throw new Error('the node is held');
  const ending = new AbortController();
  const seen = (async () => {
    for await (const { entry } of boots.watchBootEntries({}, { signal: ending.signal })) {
      if (entry !== undefined) return entry;
    }
    return undefined;
  })();
  await stage.store.work.update(claim.lease, {
    bootEntry: {
      capability: 'cap',
      macAddresses: ['52:54:00:00:00:01'],
      kind: 'agent',
      kernelUrl: 'http://x/k',
      ramdiskUrl: 'http://x/r',
      espUrl: '',
      kernelParameters: 'a=b',
      isoUrl: '',
      networkData: '{}',
      bootMode: 'uefi',
      cpuArchitecture: 'x86_64',
    },
  });
  expect(await seen).toMatchObject({ nodeUuid: uuid, capability: 'cap', kernelParameters: 'a=b', bootMode: 'uefi' });
  ending.abort();

  const whose = { nodeUuid: uuid, capability: 'cap' };
  await expect(boots.readConfigDrive(whose)).rejects.toMatchObject({ grpcStatus: 'NOT_FOUND' });
  await stage.store.blobs.put(uuid, 'config-drive', '{"user_data":"x"}');
  const { posted, nodeName } = await boots.readConfigDrive(whose);
  expect([Buffer.from(posted).toString(), nodeName]).toEqual(['{"user_data":"x"}', 'booting']);
  // Whoever remembers another boot of the node is told nothing.
  await expect(boots.readConfigDrive({ ...whose, capability: 'old' })).rejects.toMatchObject({
    grpcStatus: 'NOT_FOUND',
  });
});
