import { mkdir, open, readFile, rename, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock, Logger } from '@metal3/service';
import type { Lease, LeaseChange } from '../lease.ts';
import type { LeaseStore } from '../ports.ts';

/** How addresses are written. */
export interface AddressText<Address> {
  readonly format: (address: Address) => string;
  readonly read: (text: string) => Address | undefined;
}

export interface LeaseFileOptions {
  readonly log: Logger;
  readonly clock: Clock;
  /** Lines beyond those of the leases that exist before the file is written anew. */
  readonly slack?: number;
}

/** Between a line and its being safe from a power failure. */
const syncMs = 100;

/**
 * Leases in a file of one JSON object a line, each line a change: who has an address, or that it is free. Lines are only ever
 * appended; `write` resolves when the kernel has them, so that the death of this process loses nothing. They are on the disk a moment
 * later: waiting for that would make every machine wait for the slowest disk, and what a power failure takes is given again, because an
 * address follows from the machine and is looked for in use before it is offered. Writes that come while one is under way go out
 * together. Now and then the file is written anew under another name and put in place. A line that a crash cut off is passed over.
 */
export function leaseFile<Address>(
  path: string,
  addresses: AddressText<Address>,
  { log, clock, slack = 50_000 }: LeaseFileOptions,
): LeaseStore<Address> {
  const leases = new Map<Address, Lease<Address>>();
  let file: FileHandle | undefined;
  let lines = 0;
  let waiting: { readonly changes: readonly LeaseChange<Address>[]; readonly done: PromiseWithResolvers<void> }[] = [];
  let writing: Promise<void> | undefined;
  let syncing = false;

  async function writeOut(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        const changes = batch.flatMap((one) => one.changes);
        for (const change of changes) note(change);
        if (lines + changes.length > leases.size + slack) await rewrite();
        else await append(changes.map((change) => line(change, addresses)).join(''), changes.length);
        for (const { done } of batch) done.resolve();
      } catch (error) {
        for (const { done } of batch) done.reject(error);
      }
    }
    // Here and not when the promise settles: in between, whoever was just told would add to a list that nobody looks at any more.
    writing = undefined;
  }

  async function append(text: string, count: number): Promise<void> {
    if (file === undefined) throw new Error('the lease file is not open');
    await file.appendFile(text);
    lines += count;
    syncSoon();
  }

  function syncSoon(): void {
    if (syncing) return;
    syncing = true;
    clock.after(syncMs, () => {
      syncing = false;
      file?.datasync().catch((error: unknown) => log.error({ error, path }, 'dhcp: leases may not be on the disk'));
    });
  }

  async function rewrite(): Promise<void> {
    const temporary = `${path}.new`;
    const next = await open(temporary, 'w', 0o640);
    await next.appendFile([...leases.values()].map((lease) => line({ kind: 'hold', lease }, addresses)).join(''));
    await next.sync();
    await rename(temporary, path);
    // The name is safe only once the folder is.
    const folder = await open(dirname(path), 'r');
    await folder.sync();
    await folder.close();
    await file?.close();
    file = next;
    lines = leases.size;
  }

  function note(change: LeaseChange<Address>): void {
    if (change.kind === 'free') leases.delete(change.address);
    else leases.set(change.lease.address, change.lease);
  }

  return {
    async load() {
      await mkdir(dirname(path), { recursive: true });
      const text = await readFile(path, 'utf8').catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
        throw error;
      });
      let broken = 0;
      for (const one of text.split('\n')) {
        if (one === '') continue;
        const change = readLine(one, addresses);
        if (change === undefined) broken++;
        else note(change);
      }
      if (broken > 0)
        log.warn({ path, lines: broken }, 'dhcp: lines of the lease file cannot be read and are left out');
      await rewrite();
      return [...leases.values()];
    },
    write(changes) {
      const done = Promise.withResolvers<void>();
      waiting.push({ changes, done });
      writing ??= writeOut();
      return done.promise;
    },
    async close() {
      await writing;
      await file?.sync();
      await file?.close();
      file = undefined;
    },
  };
}

function line<Address>(change: LeaseChange<Address>, { format }: AddressText<Address>): string {
  if (change.kind === 'free') return `${JSON.stringify({ address: format(change.address), state: 'free' })}\n`;
  const { address, until, ...rest } = change.lease;
  return `${JSON.stringify({ address: format(address), until: new Date(until).toISOString(), ...rest })}\n`;
}

function readLine<Address>(text: string, { read }: AddressText<Address>): LeaseChange<Address> | undefined {
  let value: Partial<Record<string, unknown>>;
  try {
    value = JSON.parse(text) as Partial<Record<string, unknown>>;
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const address = read(String(value['address']));
  if (address === undefined) return undefined;
  const { state, subnet, key, mac, hostName } = value;
  if (state === 'free') return { kind: 'free', address };
  const until = Date.parse(String(value['until']));
  if (state !== 'bound' && state !== 'declined') return undefined;
  if (typeof subnet !== 'string' || typeof key !== 'string' || typeof mac !== 'string' || Number.isNaN(until))
    return undefined;
  const lease = { address, subnet, key, mac, state, until, known: value['known'] === true } as const;
  return { kind: 'hold', lease: typeof hostName === 'string' ? { ...lease, hostName } : lease };
}
