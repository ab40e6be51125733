import type { NodeBmc, NodeSubscription } from '../bmc.ts';
import { ProvisionerError } from '../errors.ts';
import type { NodeSnapshot } from '../node.ts';

/** Virtual drives and event subscriptions of the machines behind an Ironic in memory. */
export interface FakeBmc {
  readonly port: NodeBmc;
  /** What is in the drive of each node, by its UUID. */
  readonly drives: ReadonlyMap<string, string>;
  readonly subscriptions: ReadonlyMap<string, NodeSubscription>;
  /** Somebody puts something into a drive, or takes it out. */
  insert(uuid: string, image: string | undefined): void;
  /** Ends changes of media that are under way: successfully, or with this error. */
  settle(error: string): void;
  /** While set, BMCs fail with this. */
  broken: string;
}

export interface FakeBmcOptions {
  readonly nodes: ReadonlyMap<string, NodeSnapshot>;
  readonly log: (node: string, what: string) => void;
  readonly change: (uuid: string, change: Partial<NodeSnapshot>) => void;
}

export function fakeBmc({ nodes, log, change }: FakeBmcOptions): FakeBmc {
  const drives = new Map<string, string>();
  const underWay = new Map<string, string>();
  const subscriptions = new Map<string, NodeSubscription>();
  let ids = 0;

  const insert = (uuid: string, image: string | undefined): void => {
    if (image === undefined) drives.delete(uuid);
    else drives.set(uuid, image);
  };
  /** Hardware of this type has no BMC to speak of. */
  const reach = ({ uuid, driver }: NodeSnapshot): void => {
    if (!nodes.has(uuid)) throw new ProvisionerError('absent', `Node ${uuid} could not be found.`);
    if (driver === 'fake-hardware') throw new ProvisionerError('refused', `Driver ${driver} does not support this.`);
  };
  const ask = (node: NodeSnapshot, what: string): void => {
    log(node.name, what);
    reach(node);
    if (fake.broken !== '') throw new ProvisionerError('unavailable', fake.broken);
  };

  const fake: FakeBmc = {
    drives,
    subscriptions,
    insert,
    broken: '',
    settle(error) {
      for (const [uuid, image] of underWay) {
        underWay.delete(uuid);
        if (error === '') insert(uuid, image === '' ? undefined : image);
        else change(uuid, { lastError: error });
      }
    },
    port: {
      async readMedia(node) {
        reach(node);
        if (underWay.has(node.uuid)) throw new ProvisionerError('busy', `Node ${node.uuid} is locked`);
        if (fake.broken !== '') throw new ProvisionerError('unavailable', fake.broken);
        return { inserted: drives.has(node.uuid) };
      },
      async attachMedia(node, imageUrl) {
        ask(node, `attach ${imageUrl}`);
        underWay.set(node.uuid, imageUrl);
      },
      async detachMedia(node) {
        ask(node, 'detach');
        underWay.set(node.uuid, '');
      },
      async listSubscriptions(node) {
        reach(node);
        if (fake.broken !== '') throw new ProvisionerError('unavailable', fake.broken);
        return [...subscriptions].map(([id, { destination, context }]) => ({ id, destination, context }));
      },
      async createSubscription(node, subscription) {
        ask(node, `subscribe ${subscription.destination}`);
        const id = String((ids += 1));
        subscriptions.set(id, subscription);
        return id;
      },
      async deleteSubscription(node, id) {
        ask(node, `unsubscribe ${id}`);
        subscriptions.delete(id);
      },
    },
  };
  return fake;
}
