import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Kubernetes } from '@metal3/kube-client';
import { bareMetalHost, type BareMetalHost } from '@metal3/metal3-api';
import {
  applyExample,
  listMachines,
  renderExample,
  startStack,
  type SimulatedMachine,
  type Stack,
} from '@metal3/stack';
import { eventually } from '@metal3/testing';

const root = join(import.meta.dirname, '../..');
const namespace = 'metal3';

/** One entry of the fleet's ledger. */
export interface LedgerEntry {
  readonly event: string;
  readonly machine: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** A whole stack whose machines and processes a test may harm. */
export interface FaultSite {
  readonly stack: Stack;
  readonly client: Kubernetes;
  /** Takes the next machine that no test has used, or the last one: that has a RAID controller. */
  takeMachine(which?: 'next' | 'last'): SimulatedMachine;
  /** Applies the BareMetalHost of a machine; with an image it is to be provisioned right away. `spec` is whatever else it is to have. */
  apply(
    machine: SimulatedMachine,
    known?: {
      readonly image?: object;
      readonly spec?: object;
      readonly credentials?: { username: string; password: string };
      readonly bmc?: string;
    },
  ): Promise<void>;
  patch(machine: SimulatedMachine, spec: object): Promise<void>;
  host(machine: SimulatedMachine): Promise<BareMetalHost>;
  /** Waits for a provisioning state without an error. */
  reaches(machine: SimulatedMachine, state: string, withinMs?: number): Promise<void>;
  /** Waits for an error of this type and gives its message. */
  fails(machine: SimulatedMachine, errorType: string, withinMs?: number): Promise<string>;
  strike(...faults: readonly object[]): Promise<void>;
  mend(): Promise<void>;
  /** What the fleet wrote about this event of the machine into its ledger. */
  ledger(machine: SimulatedMachine, event: string): Promise<readonly LedgerEntry[]>;
  /** How often it did. */
  count(machine: SimulatedMachine, event: string): Promise<number>;
  imageOf(file: string): object;
  close(): Promise<void>;
}

/**
 * Starts a stack with short waits: what takes minutes in a data centre takes seconds here.
 *
 * @param silence how long an agent that runs a command may say nothing; where none dies, long enough for a slow machine that starts a
 * killed service again
 */
export async function startFaultSite(hosts: number, { silence }: { readonly silence: string }): Promise<FaultSite> {
  const dir = mkdtempSync(join(tmpdir(), 'metal3-faults-'));
  const stack = await startStack({
    root,
    dir,
    hosts,
    namespace,
    timeScale: 0.02,
    heartbeatInterval: 1,
    raid: [...Array<string>(hosts - 1).fill('none'), 'immediate'].join(','),
    overrides: {
      'ironic-conductor': {
        conductor: { lease: '4s', sweep: '1s' },
        deploy: { callbackTimeout: '20s' },
        inspection: { timeout: '20s' },
        cleaning: { callbackTimeout: '20s' },
        agent: { silence, look: '1s' },
        bmc: { verifyRetry: '3s' },
      },
      // A webhook that is down refuses writes: that is its own test, not this one's.
      bmo: { hosts: { backOffUnit: '2s' }, webhooks: { port: 0 } },
    },
  });
  const { kubernetes: client, fleetUrl } = stack;
  if (client === undefined || fleetUrl === undefined) throw new Error('the stack runs without Kubernetes or machines');
  const unused = [...(await listMachines(fleetUrl))];
  const key = (machine: SimulatedMachine) => ({ namespace, name: machine.name });
  const fleet = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const init = {
      method,
      ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    };
    const reply = await fetch(`${fleetUrl}${path}`, init);
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${await reply.text()}`);
    return reply.status === 204 ? undefined : reply.json();
  };
  const ledger = async ({ name }: SimulatedMachine, event: string): Promise<readonly LedgerEntry[]> => {
    const reply = (await fleet('GET', `/fleet/ledger?machine=${name}&event=${event}`)) as { entries: LedgerEntry[] };
    return reply.entries;
  };
  const imageOf = (file: string) => ({
    url: `${fleetUrl}/files/images/${file}`,
    checksum: `${fleetUrl}/files/images/tiny.raw.sha256sum`,
    checksumType: 'sha256',
    format: 'raw',
  });

  return {
    stack,
    client,
    imageOf,
    takeMachine(which = 'next') {
      const machine = which === 'next' ? unused.shift() : unused.pop();
      if (machine === undefined) throw new Error('the site has no machine left: start it with more');
      return machine;
    },
    async apply(machine, { image, spec = {}, credentials = machine.account, bmc = fleetUrl } = {}) {
      const objects = renderExample(root, 'hosts/host.yaml', {
        NAMESPACE: namespace,
        NAME: machine.name,
        UUID: machine.uuid,
        BOOT_MAC: machine.bootMac,
        BMC_URL: bmc,
        BMC_USERNAME: credentials.username,
        BMC_PASSWORD: credentials.password,
        PURPOSE: 'faults',
      });
      const withImage = objects.map((object) =>
        object.kind === 'BareMetalHost'
          ? { ...object, spec: { ...(object as BareMetalHost).spec, ...(image && { image }), ...spec } }
          : object,
      );
      await applyExample(client, withImage);
    },
    async patch(machine, spec) {
      await client.patch(bareMetalHost, key(machine), { type: 'merge', body: { spec } });
    },
    host: (machine) => client.get(bareMetalHost, key(machine)),
    reaches: async (machine, state, withinMs = 240_000) => {
      await eventually(
        async () => {
          const { status } = await client.get(bareMetalHost, key(machine));
          const found = { state: status?.provisioning.state, error: status?.errorMessage };
          if (found.state !== state || found.error !== '')
            throw new Error(`${machine.name} is ${JSON.stringify(found)}, not ${state}`);
          return true;
        },
        { timeoutMs: withinMs, everyMs: 100 },
      );
    },
    fails: (machine, errorType, withinMs = 240_000) =>
      eventually(
        async () => {
          const { status } = await client.get(bareMetalHost, key(machine));
          if (status?.errorType !== errorType) {
            throw new Error(
              `${machine.name} is ${status?.provisioning.state} with error "${status?.errorType}", not "${errorType}"`,
            );
          }
          return status.errorMessage;
        },
        { timeoutMs: withinMs, everyMs: 50 },
      ),
    strike: async (...faults) => void (await fleet('POST', '/fleet/faults', faults)),
    mend: async () => void (await fleet('DELETE', '/fleet/faults')),
    ledger,
    count: async (machine, event) => (await ledger(machine, event)).length,
    async close() {
      await stack.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
