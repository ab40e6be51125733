import { isKubeError, type Kind, type KubeClient, type KubeObject } from '@metal3/kube-client';
import { ipAddress, type IPClaim, ipClaim, ipPool } from '@metal3/metal3-api';
import type { Clock, Random } from '@metal3/service';
import {
  clusterApiIpAddress,
  type ClusterApiIPAddress,
  type IPAddressClaim,
  ipAddressClaim,
} from '../cluster-api/kinds.ts';
import { AddressHistory } from './history.ts';
import { type Fate, mortalClient } from './mortal-client.ts';
import { runIpam, type RunningIpam } from './running-ipam.ts';

export interface TurmoilOptions {
  readonly api: KubeClient;
  readonly namespace: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly operations: number;
  /** The operations go on until there have been so many kills, which on a slow machine are fewer in the same time. */
  readonly killsAtLeast: number;
  /** Longest pause between two operations, and of a call on its way, in milliseconds. */
  readonly paceMs: number;
  /** One in so many writes of ipam goes wrong. */
  readonly oneWriteInFails: number;
  /** Something else that goes wrong now and then. */
  readonly disturb?: () => void;
}

export interface TurmoilFindings {
  readonly claimsMade: number;
  readonly kills: number;
  readonly writesFailed: number;
  readonly tellings: number;
  /** Addresses told to a second claim while the first had them. */
  readonly doubles: readonly string[];
  /** Claims whose address was exchanged for another. */
  readonly changed: readonly string[];
  /** What does not fit together when all is quiet. */
  readonly leftBehind: readonly string[];
}

const foreignFinalizer = 'test.example.com/in-use';
const poolNames = ['north', 'south'];
const strategies = ['sequential', 'random'] as const;
const offered = 24;
type AnyClaim = IPClaim | IPAddressClaim;
const kinds: readonly Kind<AnyClaim>[] = [ipClaim as Kind<AnyClaim>, ipAddressClaim as Kind<AnyClaim>];

/**
 * Two instances of ipam that both believe they lead, killed and hindered at any of their writes, while claims of both kinds on two pools that
 * share names of addresses come and go: one gives them in order, one at random.
 */
export async function turmoil(options: TurmoilOptions): Promise<TurmoilFindings> {
  const { api, namespace, clock, random, operations, disturb } = options;
  const history = new AddressHistory();
  const stop = new AbortController();
  const watching = [
    history.watch(api, ipClaim, namespace, ({ status }) => status?.address?.name, stop.signal),
    history.watch<IPAddressClaim>(
      api,
      ipAddressClaim,
      namespace,
      ({ status }) => status?.addressRef?.name,
      stop.signal,
    ),
  ];
  await makePools(options);
  const instances = [new Instance(options), new Instance(options)];
  const crowd = new Crowd(options);
  const kills = () => instances.reduce((sum, instance) => sum + instance.kills, 0);
  for (let at = 0; at < operations || (kills() < options.killsAtLeast && at < 20 * operations); at++) {
    await crowd.act();
    await clock.sleep(Math.floor(random.fraction() * options.paceMs));
    if (disturb !== undefined && random.fraction() < 1 / 200) disturb();
  }
  for (const instance of instances) instance.calm();
  const leftBehind = await settle(options);
  stop.abort();
  await Promise.all(watching);
  await Promise.all(instances.map((instance) => instance.end()));
  return {
    claimsMade: crowd.made,
    kills: kills(),
    writesFailed: instances.reduce((sum, { failed }) => sum + failed, 0),
    tellings: history.tellings,
    doubles: history.doubles,
    changed: history.changed,
    leftBehind,
  };
}

async function makePools({ api, namespace }: TurmoilOptions): Promise<void> {
  for (const [at, name] of poolNames.entries()) {
    const start = `10.0.0.${1 + at * 12}`;
    const end = `10.0.0.${offered + at * 12}`;
    const spec = {
      namePrefix: 'p',
      allocationStrategy: strategies[at] ?? 'sequential',
      pools: [{ start, end, prefix: 24 }],
    };
    await api.create(ipPool, { metadata: { namespace, name }, spec });
  }
}

/** One ipam, started again whenever it has been killed. */
class Instance {
  readonly #options: TurmoilOptions;
  #running: RunningIpam;
  #ended = false;
  #calm = false;
  #ending: Promise<unknown> = Promise.resolve();
  kills = 0;
  failed = 0;

  constructor(options: TurmoilOptions) {
    this.#options = options;
    this.#running = this.#start();
  }

  calm(): void {
    this.#calm = true;
  }

  async end(): Promise<void> {
    this.#ended = true;
    this.#running.stop();
    await this.#running.stopped;
    await this.#ending;
  }

  #start(): RunningIpam {
    const { api, clock, namespace, random, paceMs } = this.#options;
    const client = mortalClient(api, {
      fate: () => this.#fate(),
      killed: () => this.#restart(),
      delay: () => clock.sleep(Math.floor((random.fraction() * paceMs) / 2)),
    });
    return runIpam({
      server: client,
      clock,
      namespaces: [namespace],
      clusterApi: 'v1beta2',
      lot: () => random.fraction(),
    });
  }

  #restart(): void {
    this.kills += 1;
    const { clock, random, paceMs } = this.#options;
    const gone = this.#running;
    gone.stop();
    clock.after(Math.floor(random.fraction() * paceMs * 20) + 1, () => {
      if (!this.#ended) this.#running = this.#start();
    });
    this.#ending = Promise.all([this.#ending, gone.stopped]);
  }

  #fate(): Fate {
    const { random, oneWriteInFails } = this.#options;
    if (this.#calm || random.fraction() * oneWriteInFails >= 1) return 'done';
    this.failed += 1;
    const fates: readonly Fate[] = ['lost', 'answer-lost', 'conflict', 'killed-before', 'killed-after'];
    return fates[Math.floor(random.fraction() * fates.length)] ?? 'lost';
  }
}

interface ClaimName {
  readonly kind: Kind<AnyClaim>;
  readonly name: string;
}

/** Those who make claims and delete them. */
class Crowd {
  readonly #options: TurmoilOptions;
  readonly #alive: ClaimName[] = [];
  made = 0;

  constructor(options: TurmoilOptions) {
    this.#options = options;
  }

  async act(): Promise<void> {
    const dice = this.#options.random.fraction();
    const claim = this.#pick(this.#alive);
    try {
      if (claim === undefined || (dice < 0.46 && this.#alive.length < 70)) await this.#make();
      else if (dice < 0.9) await this.#delete(claim);
      else if (dice < 0.93) await this.#vanish(claim);
      else if (dice < 0.96) await this.#touch(claim);
      else if (dice < 0.98) await this.#changePool();
      else await this.#pausePool();
    } catch (error) {
      // A claim of that name is still going, or has gone meanwhile.
      if (!isKubeError(error, 'AlreadyExists', 'NotFound', 'Conflict')) throw error;
    }
  }

  async #make(): Promise<void> {
    const { api, namespace, random } = this.#options;
    const kind = this.#pick(kinds) ?? kinds[0];
    const pool = this.#pick(poolNames) ?? '';
    const name = `claim-${Math.floor(random.fraction() * 300)}`;
    const wish = random.fraction() < 0.15 ? { ipAddress: `10.0.0.${1 + Math.floor(random.fraction() * 40)}` } : {};
    const finalizers = random.fraction() < 0.1 ? [foreignFinalizer] : [];
    const metadata = { namespace, name, annotations: wish, finalizers };
    const spec =
      kind?.kind === 'IPClaim'
        ? { pool: { name: pool, namespace } }
        : { poolRef: { apiGroup: 'ipam.metal3.io', kind: 'IPPool', name: pool } };
    if (kind === undefined) return;
    await api.create(kind, { metadata, spec } as AnyClaim);
    this.made += 1;
    this.#alive.push({ kind, name });
  }

  async #delete(claim: ClaimName): Promise<void> {
    const { api, namespace } = this.#options;
    const key = { namespace, name: claim.name };
    const left = await api.delete(claim.kind, key);
    const others = left?.metadata.finalizers ?? [];
    if (others.includes(foreignFinalizer)) {
      // In use for a while longer: let go of when it is picked again.
      if (left?.metadata.deletionTimestamp !== undefined && this.#options.random.fraction() < 0.5) {
        const finalizers = others.filter((one) => one !== foreignFinalizer);
        const body = { metadata: { finalizers, resourceVersion: left.metadata.resourceVersion } };
        await api.patch(claim.kind, key, { type: 'merge', body });
        this.#forget(claim);
      }
      return;
    }
    this.#forget(claim);
  }

  /** Somebody takes the finalizers off, against all rules. */
  async #vanish(claim: ClaimName): Promise<void> {
    const { api, namespace } = this.#options;
    const key = { namespace, name: claim.name };
    await api.delete(claim.kind, key);
    await api.patch(claim.kind, key, { type: 'merge', body: { metadata: { finalizers: null } } });
    this.#forget(claim);
  }

  async #touch(claim: ClaimName): Promise<void> {
    const { api, namespace, random } = this.#options;
    const labels = { touched: String(Math.floor(random.fraction() * 1e6)) };
    await api.patch(claim.kind, { namespace, name: claim.name }, { type: 'merge', body: { metadata: { labels } } });
  }

  async #changePool(): Promise<void> {
    const { api, namespace, random } = this.#options;
    const at = Math.floor(random.fraction() * poolNames.length);
    const end = `10.0.0.${10 + at * 12 + Math.floor(random.fraction() * 20)}`;
    const pools = [{ start: `10.0.0.${1 + at * 12}`, end, prefix: 24 }];
    await api.patch(ipPool, { namespace, name: poolNames[at] ?? '' }, { type: 'merge', body: { spec: { pools } } });
  }

  async #pausePool(): Promise<void> {
    const { api, namespace, random } = this.#options;
    const paused = random.fraction() < 0.3 ? 'true' : null;
    const body = { metadata: { annotations: { 'cluster.x-k8s.io/paused': paused } } };
    await api.patch(ipPool, { namespace, name: this.#pick(poolNames) ?? '' }, { type: 'merge', body });
  }

  #pick<T>(things: readonly T[]): T | undefined {
    return things[Math.floor(this.#options.random.fraction() * things.length)];
  }

  #forget(claim: ClaimName): void {
    this.#alive.splice(this.#alive.indexOf(claim), 1);
  }
}

/** Lets everything come to rest, and says what then does not fit. */
async function settle(options: TurmoilOptions): Promise<string[]> {
  const { api, namespace, clock, paceMs } = options;
  for (const name of poolNames) {
    const body = { metadata: { annotations: { 'cluster.x-k8s.io/paused': null } } };
    await api.patch(ipPool, { namespace, name }, { type: 'merge', body });
  }
  let problems = ['never looked'];
  for (let look = 0; look < 400 && problems.length > 0; look++) {
    await clock.sleep(paceMs * 20 + 50);
    problems = await misfits(api, namespace);
  }
  return problems;
}

async function misfits(api: KubeClient, namespace: string): Promise<string[]> {
  const [pools, metal3Claims, metal3Addresses, capiClaims, capiAddresses] = await Promise.all([
    api.list(ipPool, { namespace }),
    api.list(ipClaim, { namespace }),
    api.list(ipAddress, { namespace }),
    api.list<IPAddressClaim>(ipAddressClaim, { namespace }),
    api.list<ClusterApiIPAddress>(clusterApiIpAddress, { namespace }),
  ]);
  const addresses = [
    ...metal3Addresses.items.map((one) => ({
      one,
      text: one.spec.address,
      claim: `IPClaim ${one.spec.claim.name}`,
      pool: one.spec.pool.name,
    })),
    ...capiAddresses.items.map((one) => ({
      one,
      text: one.spec.address,
      claim: `IPAddressClaim ${one.spec.claimRef.name}`,
      pool: one.spec.poolRef.name,
    })),
  ];
  const claims = [
    ...metal3Claims.items.map((one) => ({
      one,
      told: one.status?.address?.name,
      pool: one.spec.pool.name,
      refused: one.status?.errorMessage,
    })),
    ...capiClaims.items.map((one) => ({
      one,
      told: one.status?.addressRef?.name,
      pool: one.spec.poolRef.name,
      refused: (one.status?.conditions ?? []).find(({ status }) => status === 'False')?.message,
    })),
  ];
  const problems: string[] = [];
  const byClaim = Map.groupBy(addresses, ({ claim }) => claim);
  for (const { one, told, refused } of claims) {
    const name = `${one.kind} ${one.metadata.name}`;
    const own = byClaim.get(name) ?? [];
    byClaim.delete(name);
    if (isGoing(one) && !(one.metadata.finalizers ?? []).includes(foreignFinalizer))
      problems.push(`${name} does not go`);
    if (own.length > 1) problems.push(`${name} ${one.metadata.uid} (told ${told}) has ${own.map(describe).join()}`);
    const mine = own.filter(({ one: { metadata } }) =>
      metadata.ownerReferences?.some(({ uid }) => uid === one.metadata.uid),
    );
    if (told !== undefined && mine.every(({ one: { metadata } }) => metadata.name !== told))
      problems.push(`${name} was told ${told}, which it has not`);
    if (told === undefined && refused === undefined && !isGoing(one)) problems.push(`${name} was told nothing`);
    // A claim that waits may have an object of an address that a claim of the other kind has been told.
    const contested = own.every((mineToo) =>
      addresses.some((other) => other !== mineToo && other.text === mineToo.text),
    );
    if (told === undefined && own.length > 0 && !isGoing(one) && !contested) {
      problems.push(`${name} has ${own.map(describe).join()} and was not told`);
    }
  }
  for (const [claim, orphans] of byClaim)
    problems.push(`${orphans.map(({ text }) => text).join()} is left of ${claim}`);
  const texts = addresses.map(({ text }) => text);
  const toldNames = new Set(claims.flatMap(({ told }) => told ?? []));
  for (const [text, twins] of Map.groupBy(addresses, ({ text: own }) => own)) {
    const known = twins.some(({ one }) => toldNames.has(one.metadata.name ?? ''));
    if (twins.length > 1 && !known)
      problems.push(`${text} has two objects, and nobody has it: ${twins.map(describe).join('; ')}`);
  }
  for (const pool of pools.items) {
    const indexes = Object.values(pool.status?.indexes ?? {}).toSorted();
    const expected = addresses
      .filter((each) => each.pool === pool.metadata.name)
      .map(({ text }) => text)
      .toSorted();
    if (indexes.join() !== expected.join())
      problems.push(`${pool.metadata.name} tells ${indexes.join()}, not ${expected.join()}`);
    // Nobody waits in vain.
    const waiting = claims.some(
      ({ one, pool: name, refused }) =>
        name === pool.metadata.name &&
        refused === 'Exhausted IP Pools' &&
        !isGoing(one) &&
        one.metadata.annotations?.['ipAddress'] === undefined,
    );
    const free = freeOf(pool.spec.pools?.[0], new Set(texts));
    if (waiting && free.length > 0) problems.push(`claims of ${pool.metadata.name} wait, and ${free.join()} are free`);
  }
  return problems;
}

function freeOf(
  range: { readonly start?: string; readonly end?: string } | undefined,
  taken: ReadonlySet<string>,
): string[] {
  const [first = 1, last = 0] = [range?.start, range?.end].map((text) => Number(text?.split('.')[3]));
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => `10.0.0.${first + at}`).filter(
    (text) => !taken.has(text),
  );
}

function isGoing({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function describe({ one: { metadata }, text }: { readonly one: KubeObject; readonly text: string }): string {
  const owners = (metadata.ownerReferences ?? []).map(({ kind, uid }) => `${kind} ${uid}`);
  return `${text} of ${owners.join(' and ')}${isGoing({ metadata } as KubeObject) ? ', going' : ''}`;
}
