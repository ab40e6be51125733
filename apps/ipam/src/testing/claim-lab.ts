import { afterEach, beforeEach } from '@jest/globals';
import { memoryKubernetes, type MemoryKubernetes } from '@metal3/kube-testing';
import { type IPClaim, ipClaim, type IPPool, ipPool } from '@metal3/metal3-api';
import { fakeClock, type FakeClock } from '@metal3/testing';
import { type IPAddressClaim, ipAddressClaim } from '../cluster-api/kinds.ts';
import { runIpam, type RunningIpam, type RunOptions } from './running-ipam.ts';

/** Where all of a lab is. */
export const namespace = 'lab';

/** How a claim of Cluster API names its pool. */
export const poolRef = { apiGroup: 'ipam.metal3.io', kind: 'IPPool', name: 'pool' };

/** ipam on an API server in memory, with the words in which tests speak of claims and pools. */
export class ClaimLab {
  clock: FakeClock = fakeClock();
  server: MemoryKubernetes = memoryKubernetes({ now: this.clock.now });
  #ipam: RunningIpam | undefined;

  /** With nothing there but ipam. */
  begin(): void {
    this.clock = fakeClock();
    this.server = memoryKubernetes({ now: this.clock.now });
    this.start({ clusterApi: 'v1beta2' });
  }

  start(options: Pick<RunOptions, 'clusterApi'> = { clusterApi: 'v1beta2' }): RunningIpam {
    this.#ipam = runIpam({ server: this.server, clock: this.clock, ...options });
    return this.#ipam;
  }

  /** From now on it does nothing more. */
  stop(): void {
    this.#ipam?.stop();
  }

  /** Until all that it had begun is over. */
  async stopped(): Promise<void> {
    await this.#ipam?.stopped;
  }

  makePool(spec: Partial<IPPool['spec']> = {}, name = 'pool'): Promise<IPPool> {
    return this.server.create(ipPool, {
      metadata: { namespace, name },
      spec: {
        namePrefix: 'p',
        pools: [{ start: '10.0.0.1', end: '10.0.0.3', prefix: 24 }],
        gateway: '10.0.0.254',
        ...spec,
      },
    });
  }

  makeClaim(name: string, metadata: IPClaim['metadata'] = {}, pool = 'pool'): Promise<IPClaim> {
    const spec = { pool: { name: pool, namespace } };
    return this.server.create(ipClaim, { metadata: { namespace, name, ...metadata }, spec });
  }

  claim(name: string): Promise<IPClaim> {
    return this.server.get(ipClaim, { namespace, name });
  }

  /** `status.indexes` of the pool named pool, once it tells of what has happened. */
  async indexes(): Promise<Readonly<Record<string, string>> | undefined> {
    await this.clock.advance(2_000);
    return (await this.server.get(ipPool, { namespace, name: 'pool' })).status?.indexes;
  }

  /** What a claim has been told: why it has no address, or the name of its address. */
  async outcome(name: string): Promise<string | undefined> {
    const { status } = await this.claim(name);
    return status?.errorMessage ?? status?.address?.name;
  }

  makeAddressClaim(name: string, spec: Partial<IPAddressClaim['spec']> = {}): Promise<IPAddressClaim> {
    const claim = { metadata: { namespace, name }, spec: { poolRef, ...spec } };
    return this.server.create<IPAddressClaim>(ipAddressClaim, claim);
  }

  addressClaim(name: string): Promise<IPAddressClaim> {
    return this.server.get<IPAddressClaim>(ipAddressClaim, { namespace, name });
  }
}

/** A lab that is new for each test; to be called where tests are defined. */
export function claimLab(): ClaimLab {
  const lab = new ClaimLab();
  beforeEach(() => {
    lab.begin();
  });
  afterEach(async () => {
    lab.stop();
    await lab.stopped();
  });
  return lab;
}
