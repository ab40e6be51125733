import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@metal3/testing';
import type { JsonObject } from '../../kernel.ts';
import { ProvisionerError } from '../errors.ts';
import type { NodeSnapshot } from '../node.ts';
import type { Provisioner } from '../ports.ts';

/** An Ironic, reached through the adapter under test, and a machine with a BMC that its conductor can reach. */
export interface BmcUnderTest {
  readonly provisioner: Provisioner;
  readonly driverInfo: JsonObject;
  /** URL of an image that the BMC can fetch. */
  readonly image: string;
  /** What the BMC has in its CD drive. */
  drive(): string | undefined;
  /** Where the BMC sends its events. */
  subscribers(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** What every adapter must do of what Ironic passes on to BMCs. The tests build on each other, in order. */
export function bmcConformance(adapter: string, open: () => Promise<BmcUnderTest>): void {
  describe(`the ${adapter} adapter, at a BMC`, () => {
    let bmc: BmcUnderTest;
    let node: NodeSnapshot;
    beforeAll(async () => {
      bmc = await open();
      const { provisioner, driverInfo } = bmc;
      const name = `bmc~${adapter}-${process.pid}`;
      const enrolled = await provisioner.createNode({ name, driver: 'redfish', driver_info: driverInfo });
      await provisioner.setProvisionState(enrolled, 'manage');
      node = await eventually(
        async () => {
          const found = await provisioner.findNode(enrolled.uuid);
          if (found?.provisionState === 'manageable') return found;
          throw new Error(`${name} is "${found?.provisionState}" ${found?.lastError ?? ''}`);
        },
        { timeoutMs: 60_000, everyMs: 50 },
      );
    }, 120_000);
    afterAll(async () => {
      await bmc.provisioner.deleteNode(node).catch(() => {});
      await bmc.close();
    });

    /** Ironic is busy for moments, with what was asked of it and with looks of its own. */
    const whenFree = <Answer>(ask: () => Promise<Answer>): Promise<Answer> =>
      eventually(
        () =>
          ask()
            .then((answer) => ({ answer }))
            .catch((error: unknown) => {
              if (error instanceof ProvisionerError && error.code === 'busy') return undefined;
              throw error;
            }),
        { timeoutMs: 60_000, everyMs: 50 },
      ).then(({ answer }) => answer);
    const inserted = (wanted: boolean) =>
      eventually(
        async () => {
          const media = await whenFree(() => bmc.provisioner.readMedia(node));
          return media.inserted === wanted;
        },
        { timeoutMs: 60_000, everyMs: 50 },
      );

    test('an image goes into the drive, is seen there, and is taken out again', async () => {
      await inserted(false);
      await whenFree(() => bmc.provisioner.attachMedia(node, bmc.image));
      await inserted(true);
      expect(bmc.drive()).toBe(bmc.image);
      await whenFree(() => bmc.provisioner.detachMedia(node));
      await inserted(false);
      expect(bmc.drive()).toBeUndefined();
    });

    test('events are sent to whom they are subscribed for, until that ends, once or again', async () => {
      const destination = `https://192.0.2.9/${adapter}`;
      const wanted = { destination, context: 'rack 7', headers: { 'X-Token': 'secret' } };
      const id = await whenFree(() => bmc.provisioner.createSubscription(node, wanted));
      expect(id).not.toBe('');
      expect(await bmc.subscribers()).toEqual([destination]);
      const known = await whenFree(() => bmc.provisioner.listSubscriptions(node));
      expect(known).toEqual([{ id, destination, context: 'rack 7' }]);
      await whenFree(() => bmc.provisioner.deleteSubscription(node, id));
      expect(await bmc.subscribers()).toEqual([]);
      await whenFree(() => bmc.provisioner.deleteSubscription(node, id));
    });
  });
}
