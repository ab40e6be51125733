import { systemClock } from '@metal3/service';
import { fakeClock, type FakeClock } from '@metal3/testing';
import {
  cacheAcross,
  cachedClient,
  eventRecorder,
  kubeEvent,
  type CachedClient,
  type KubeEvent,
} from '@metal3/kube-controller';
import { memoryKubernetes, type MemoryKubernetes } from '@metal3/kube-testing';
import {
  bareMetalHost,
  firmwareSchema,
  hardwareData,
  preprovisioningImage,
  type BareMetalHost,
  type BareMetalHostSpec,
  type HardwareData,
} from '@metal3/metal3-api';
import { silentLog } from '@metal3/testing';
import { Registry } from 'prom-client';
import { kubernetesDataImageStore } from '../../data-image/adapters/kubernetes.ts';
import { dataImageReconciler } from '../../data-image/controller.ts';
import { kubernetesSubscriptionStore } from '../../event-subscription/adapters/kubernetes.ts';
import { subscriptionReconciler } from '../../event-subscription/controller.ts';
import { subscriptionCache } from '../../event-subscription/controllers.ts';
import { kubernetesComponentsStore } from '../../firmware/components/adapters/kubernetes.ts';
import { componentsReconciler } from '../../firmware/components/controller.ts';
import { policyReconciler } from '../../firmware/policy/controller.ts';
import { kubernetesSettingsStore } from '../../firmware/settings/adapters/kubernetes.ts';
import { settingsReconciler } from '../../firmware/settings/controller.ts';
import { kubernetesImageStore } from '../../preprovisioning-image/adapters/kubernetes.ts';
import { imageReconciler } from '../../preprovisioning-image/controller.ts';
import type { ImageSources } from '../../preprovisioning-image/sources.ts';
import { fakeIronic, type FakeIronic } from '../../provisioner/adapters/fake.ts';
import { hostCaches, kubernetesHostStore } from '../adapters/kubernetes.ts';
import { secretKind, type Secret } from '../adapters/secret.ts';
import { hostReconciler } from '../controller.ts';
import { hostMetrics } from '../metrics.ts';
import { hostSettings } from './view.ts';

export const namespace = 'metal';

const nowhere = { url: '', byArch: '', x86_64: '', aarch64: '' };
export const imageSources: ImageSources = {
  kernel: nowhere,
  ramdisk: nowhere,
  iso: { ...nowhere, url: 'http://192.0.2.2/ipa.iso' },
};
const writes: readonly string[] = ['create', 'patch', 'patchStatus', 'replace', 'delete'];

/** BareMetalHosts on an API server in memory with an Ironic in memory, driven by hand. */
export interface World {
  readonly kubernetes: MemoryKubernetes;
  readonly client: CachedClient;
  readonly ironic: FakeIronic;
  readonly clock: FakeClock;
  readonly registry: Registry;
  /** Creates a host with good credentials. */
  enrol(name: string, spec?: Partial<BareMetalHostSpec>, metadata?: BareMetalHost['metadata']): Promise<void>;
  createSecret(name: string, data: Readonly<Record<string, string>>): Promise<Secret>;
  edit(name: string, body: object): Promise<void>;
  annotate(name: string, annotations: Readonly<Record<string, string | null>>): Promise<void>;
  /** One pass; answers when the host wants the next one. */
  pass(name: string): Promise<number | undefined>;
  /** One pass over the firmware kinds of a host; answers when they want the next one. */
  firmwarePass(name: string): Promise<readonly (number | undefined)[]>;
  /** One pass over the DataImage of a host; answers when it wants the next one. */
  dataImagePass(name: string): Promise<number | undefined>;
  /** One pass over a BMCEventSubscription. */
  subscriptionPass(name: string): Promise<number | undefined>;
  /** One pass over the PreprovisioningImage of a host. */
  imagePass(name: string): Promise<number | undefined>;
  /** Passes and work of Ironic in turn until the host is in this state (or gone, for undefined). */
  until(name: string, state: string | undefined): Promise<void>;
  host(name: string): Promise<BareMetalHost>;
  find(name: string): Promise<BareMetalHost | undefined>;
  hardware(name: string): Promise<HardwareData | undefined>;
  events(): Promise<readonly KubeEvent[]>;
  /** Writes to Kubernetes so far, by verb and kind; the test's own are not counted. */
  written(): ReadonlyMap<string, number>;
  stop(): void;
}

export async function newWorld({
  provisioningLimit = 20,
  buildsImages = false,
}: { readonly provisioningLimit?: number; readonly buildsImages?: boolean } = {}): Promise<World> {
  const clock = fakeClock();
  const kubernetes = memoryKubernetes({ now: () => clock.now() });
  const client = cachedClient(kubernetes, { clock: systemClock });
  const caches = hostCaches(client, [], { buildsImages });
  const schemas = cacheAcross(client, [], firmwareSchema);
  const subscriptions = subscriptionCache(client, []);
  const stopped = new AbortController();
  void client.run(stopped.signal);
  await client.whenSynced();

  let ids = 0;
  const ironic = fakeIronic({ nextUuid: () => `00000000-0000-4000-8000-${String((ids += 1)).padStart(12, '0')}` });
  const events = eventRecorder({ client, component: 'metal3-baremetal-controller', clock, log: silentLog });
  const registry = new Registry();
  const reconciler = hostReconciler({
    store: kubernetesHostStore(client, caches, events),
    provisioner: ironic,
    settings: { ...hostSettings, buildsImages },
    clock,
    reachedOverV6: async () => false,
    metrics: hostMetrics(registry),
    random: () => 0,
    backOffUnit: 60,
    provisioningLimit,
    log: silentLog,
  });

  const firmware = [
    settingsReconciler(kubernetesSettingsStore(client, { ...caches, schemas }, events), ironic, clock),
    componentsReconciler(kubernetesComponentsStore(client, caches, events), ironic, clock),
    policyReconciler(client, caches),
  ];

  const dataImages = dataImageReconciler(kubernetesDataImageStore(client, caches, events), ironic, clock);

  const { preprovisioningImages: images, secrets } = caches;
  const imagePasses = imageReconciler(
    kubernetesImageStore(client, { images: images ?? client.cache(preprovisioningImage), secrets }),
    imageSources,
    clock,
  );

  const subscriptionStore = kubernetesSubscriptionStore(client, { hosts: caches.hosts, subscriptions });
  const subscriptionPasses = subscriptionReconciler(subscriptionStore, ironic);

  const own = new Map<string, number>();
  const asTest = async <Answer>(call: () => Promise<Answer>): Promise<Answer> => {
    const before = new Map(kubernetes.calls);
    const answer = await call();
    for (const [key, count] of kubernetes.calls) own.set(key, (own.get(key) ?? 0) + count - (before.get(key) ?? 0));
    await caughtUp();
    return answer;
  };
  const key = (name: string) => ({ namespace, name });

  const world: World = {
    kubernetes,
    client,
    ironic,
    clock,
    registry,
    async enrol(name, spec = {}, metadata = {}) {
      await world.createSecret(`${name}-bmc`, { username: 'admin', password: 'secret' });
      await asTest(() =>
        kubernetes.create(bareMetalHost, {
          metadata: { namespace, name, ...metadata },
          spec: {
            online: true,
            bmc: {
              address: `redfish-virtualmedia://192.0.2.1/redfish/v1/Systems/${name}`,
              credentialsName: `${name}-bmc`,
            },
            ...spec,
          },
        }),
      );
    },
    createSecret: (name, data) =>
      asTest(() =>
        kubernetes.create(secretKind, {
          metadata: { namespace, name },
          type: 'Opaque',
          data: Object.fromEntries(
            Object.entries(data).map(([field, value]) => [field, Buffer.from(value).toString('base64')]),
          ),
        }),
      ),
    edit: async (name, body) => {
      await asTest(() => kubernetes.patch(bareMetalHost, key(name), { type: 'merge', body }));
    },
    annotate: (name, annotations) => world.edit(name, { metadata: { annotations } }),
    async pass(name) {
      const recheckIn = await reconciler.reconcile(key(name));
      await caughtUp();
      return recheckIn;
    },
    async firmwarePass(name) {
      const recheckIn = [];
      for (const reconcile of firmware) recheckIn.push(await reconcile(key(name)));
      await caughtUp();
      return recheckIn;
    },
    async dataImagePass(name) {
      const recheckIn = await dataImages(key(name));
      await caughtUp();
      return recheckIn;
    },
    async subscriptionPass(name) {
      const recheckIn = await subscriptionPasses(key(name));
      await caughtUp();
      return recheckIn;
    },
    async imagePass(name) {
      const recheckIn = await imagePasses(key(name));
      await caughtUp();
      return recheckIn;
    },
    async until(name, state) {
      const seen: string[] = [];
      for (let turn = 0; turn < 30; turn += 1) {
        const found = await world.find(name);
        const present = found?.status?.provisioning.state;
        if (found === undefined ? state === undefined : present === state) return;
        seen.push(`${present} (${found?.status?.errorMessage ?? ''})`);
        await world.pass(name);
        ironic.settle();
        await clock.advance(1_000);
      }
      throw new Error(`${name} did not become ${state ?? 'gone'}: ${seen.join(' -> ')}`);
    },
    host: (name) => kubernetes.get(bareMetalHost, key(name)),
    find: (name) => kubernetes.find(bareMetalHost, key(name)),
    hardware: (name) => kubernetes.find(hardwareData, key(name)),
    async events() {
      await events.flush();
      return (await kubernetes.list(kubeEvent, { namespace })).items;
    },
    written() {
      const entries = [...kubernetes.calls].map(([call, count]) => [call, count - (own.get(call) ?? 0)] as const);
      return new Map(entries.filter(([call, count]) => count > 0 && writes.includes(call.split(' ')[0] ?? '')));
    },
    stop: () => stopped.abort(),
  };
  return world;
}

export async function deleteHost(world: World, name: string): Promise<void> {
  await world.kubernetes.delete(bareMetalHost, { namespace, name });
  await caughtUp();
}

/** Resolves when caches have heard of what was written: their watches deliver in macrotasks of their own. */
export async function caughtUp(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** The agent of every machine tells what the machine is. */
export function tellInventories(world: World): void {
  world.ironic.inventory = { inventory: { cpu: { architecture: 'x86_64' } }, pluginData: {} };
}

/** From a new host to one that runs an image. */
export async function provision(
  world: World,
  name: string,
  image: NonNullable<BareMetalHostSpec['image']>,
): Promise<void> {
  tellInventories(world);
  await world.enrol(name);
  await world.until(name, 'available');
  await world.edit(name, { spec: { image } });
  await world.until(name, 'provisioned');
}
