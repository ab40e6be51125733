import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@metal3/testing';
import type { ProvisionerError } from '../errors.ts';
import type { NodeSnapshot } from '../node.ts';
import type { NodeChange, Provisioner } from '../ports.ts';

/** An Ironic with the hardware type fake-hardware, reached through the adapter under test. */
export interface ProvisionerUnderTest {
  readonly provisioner: Provisioner;
  /** Ends what is under way, where the Ironic does not do so by itself. */
  readonly settle: () => void;
  /** How long work of Ironic may take to show. */
  readonly patienceMs: number;
  close(): Promise<void>;
}

/** The smallest that Ironic takes. */
const networkData = {
  links: [{ id: 'card', type: 'phy', ethernet_mac_address: '52:54:00:00:00:01' }],
  networks: [],
  services: [],
};

/** What every adapter of the Provisioner port must do, one node's life long. The tests build on each other, in order. */
export function provisionerConformance(adapter: string, open: () => Promise<ProvisionerUnderTest>): void {
  describe(`the ${adapter} adapter`, () => {
    let opened: ProvisionerUnderTest;
    let ironic: Provisioner;
    let uuid = '';
    const changes: NodeChange[] = [];
    const stopped = new AbortController();
    const name = `conformance~${adapter.replaceAll(/\W/g, '-')}-${process.pid}`;

    beforeAll(async () => {
      opened = await open();
      ironic = opened.provisioner;
      void (async () => {
        for await (const change of ironic.changes(stopped.signal)) changes.push(change);
      })();
    }, 120_000);
    afterAll(async () => {
      stopped.abort();
      await opened.close();
    });

    const node = async (): Promise<NodeSnapshot> => {
      const found = await ironic.findNode(uuid);
      if (found === undefined) throw new Error(`node ${uuid} is not there`);
      return found;
    };
    const reaches = (state: string, more: (node: NodeSnapshot) => boolean = () => true): Promise<NodeSnapshot> =>
      eventually(
        async () => {
          opened.settle();
          const now = await node();
          return now.provisionState === state && now.targetPowerState === '' && more(now) ? now : undefined;
        },
        { timeoutMs: opened.patienceMs, everyMs: 50 },
      );
    const refusedWith = async (code: ProvisionerError['code'], run: Promise<unknown>): Promise<void> => {
      await expect(run).rejects.toMatchObject({ name: 'ProvisionerError', code });
    };

    test('finds nothing under a name that nobody has', async () => {
      expect(await ironic.findNode(name)).toBeUndefined();
      expect(await ironic.findNode('11111111-1111-4111-8111-111111111111')).toBeUndefined();
    });

    test('enrols a node, and finds it by id and by name, secrets masked', async () => {
      const created = await ironic.createNode({
        name,
        driver: 'fake-hardware',
        driver_info: { redfish_address: 'https://192.0.2.1', redfish_password: 'secret' },
        properties: { capabilities: 'boot_mode:uefi' },
        network_data: networkData,
        automated_clean: true,
      });
      uuid = created.uuid;
      expect(created).toMatchObject({ name, driver: 'fake-hardware', provisionState: 'enroll', automatedClean: true });
      expect(created.driverInfo).toEqual({ redfish_address: 'https://192.0.2.1', redfish_password: '******' });
      expect((await ironic.findNode(name))?.uuid).toBe(uuid);
      expect((await node()).properties).toMatchObject({ capabilities: 'boot_mode:uefi' });
      expect((await node()).networkData).toEqual(networkData);
    });

    test('says that a name is taken', async () => {
      await refusedWith('conflict', ironic.createNode({ name, driver: 'fake-hardware' }));
    });

    test('refuses a verb that the state does not allow', async () => {
      await refusedWith('refused', ironic.setProvisionState(await node(), 'provide'));
    });

    test('adds and removes fields', async () => {
      const added = await ironic.patchNode(await node(), [
        { op: 'add', path: '/driver_info/deploy_kernel', value: 'http://kernel' },
        { op: 'add', path: '/properties/cpu_arch', value: 'x86_64' },
        { op: 'add', path: '/network_data', value: { ...networkData, links: [] } },
      ]);
      expect(added.driverInfo['deploy_kernel']).toBe('http://kernel');
      const removed = await ironic.patchNode(added, [{ op: 'remove', path: '/driver_info/deploy_kernel' }]);
      expect(removed.driverInfo).not.toHaveProperty('deploy_kernel');
      expect(removed.properties['cpu_arch']).toBe('x86_64');
      expect(removed.networkData).toEqual({ ...networkData, links: [] });
    });

    test('keeps ports, and finds them by node and by address', async () => {
      const address = `52:54:00:${[process.pid >> 16, process.pid >> 8, process.pid].map((part) => (part & 255).toString(16).padStart(2, '0')).join(':')}`;
      await ironic.createPort({ nodeUuid: uuid, address, pxeEnabled: true });
      expect(await ironic.listPorts({ nodeUuid: uuid })).toMatchObject([{ address, nodeUuid: uuid }]);
      expect(await ironic.listPorts({ address })).toMatchObject([{ address, nodeUuid: uuid }]);
      expect(await ironic.listPorts({ address: '52:54:00:ff:ff:fe' })).toEqual([]);
    });

    test('verifies the node, and tells of it', async () => {
      const accepted = await ironic.setProvisionState(await node(), 'manage');
      expect(['verifying', 'manageable']).toContain(accepted.provisionState);
      await reaches('manageable');
      await eventually(
        () => changes.find((change) => change.kind === 'changed' && change.uuid === uuid && change.name === name),
        {
          timeoutMs: opened.patienceMs,
        },
      );
    });

    test('switches the power', async () => {
      await ironic.setPowerState(await node(), 'power on');
      await reaches('manageable', ({ powerState }) => powerState === 'power on');
      await ironic.setPowerState(await node(), 'power off');
      await reaches('manageable', ({ powerState }) => powerState === 'power off');
    });

    test('inspects, and an inventory that is not kept is absent', async () => {
      await ironic.setProvisionState(await node(), 'inspect');
      const inspected = await reaches('manageable');
      const found = await ironic.findInventory(inspected);
      if (found !== undefined)
        expect(found).toMatchObject({ inventory: expect.any(Object), pluginData: expect.any(Object) });
    });

    test('refuses virtual media and event subscriptions where the hardware has none', async () => {
      const subscription = { destination: 'https://192.0.2.9/events', context: '', headers: {} };
      await refusedWith('refused', ironic.readMedia(await node()));
      await refusedWith('refused', ironic.createSubscription(await node(), subscription));
      // What stands in for Ironic in memory says so at once; others take the request, and the node's last error tells.
      const [attached] = await Promise.allSettled([ironic.attachMedia(await node(), 'http://127.0.0.1:9/data.iso')]);
      if (attached.status === 'rejected')
        expect(attached.reason).toMatchObject({ name: 'ProvisionerError', code: 'refused' });
      else await reaches('manageable', ({ lastError }) => /attach.* cdrom/i.test(lastError));
    });

    test('remembers which RAID volumes are to be made', async () => {
      const target = { logical_disks: [{ size_gb: 'MAX', raid_level: '1', controller: 'software' }] };
      expect((await ironic.setTargetRaid(await node(), target)).targetRaid).toEqual(target);
      expect((await ironic.setTargetRaid(await node(), {})).targetRaid).toEqual({});
    });

    test('carries out single steps', async () => {
      await ironic.setProvisionState(await node(), 'clean', {
        clean_steps: [{ interface: 'bios', step: 'factory_reset' }],
      });
      expect((await reaches('manageable')).lastError).toBe('');
    });

    test('cleans, deploys with a config drive, and undeploys', async () => {
      await ironic.setProvisionState(await node(), 'provide');
      const clean = await reaches('available');
      const described = await ironic.patchNode(clean, [
        { op: 'add', path: '/instance_uuid', value: uuid },
        { op: 'add', path: '/instance_info/image_source', value: 'http://192.0.2.2/os.raw' },
        { op: 'add', path: '/instance_info/image_checksum', value: '0'.repeat(64) },
      ]);
      expect(described.instanceUuid).toBe(uuid);
      expect(await ironic.validate(described)).toEqual([]);
      await ironic.setProvisionState(described, 'active', {
        configdrive: { meta_data: { name: 'n' }, user_data: 'u' },
      });
      const deployed = await reaches('active');
      expect(deployed.instanceInfo['image_source']).toBe('http://192.0.2.2/os.raw');

      await ironic.setProvisionState(deployed, 'deleted');
      await reaches('available');
    });

    test('counts the node among all', async () => {
      const mine = (await ironic.listActivity()).find((each) => each.uuid === uuid);
      expect(mine).toMatchObject({ name, provisionState: 'available' });
    });

    test('sets and ends maintenance', async () => {
      expect((await ironic.setMaintenance(await node(), true, 'a reason')).maintenance).toBe(true);
      expect((await ironic.setMaintenance(await node(), false)).maintenance).toBe(false);
    });

    test('deletes the node, tells of it, and does not mind that it is gone', async () => {
      const last = await node();
      await ironic.deleteNode(last);
      expect(await ironic.findNode(uuid)).toBeUndefined();
      await eventually(() => changes.find((change) => change.kind === 'deleted' && change.uuid === uuid), {
        timeoutMs: opened.patienceMs,
      });
      await ironic.deleteNode(last);
      await refusedWith('absent', ironic.setProvisionState(last, 'manage'));
    });
  });
}
