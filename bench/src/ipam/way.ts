import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** A claim as its maker saw it; milliseconds since the epoch. */
export interface SeenClaim {
  readonly name: string;
  /** Name of its address object. */
  readonly address: string;
  readonly sentAt: number;
  readonly servedAt: number;
}

/** The legs of a claim's way, one after the other: four writes, and what lies before, between and after them. Together they are all of it. */
export const legs = [
  'claim created',
  'seen by the service',
  'finalizer set',
  'on to the address',
  'address created',
  'on to the status',
  'status written',
  'seen by the maker',
] as const;

export type Way = Readonly<Record<(typeof legs)[number], { readonly p50ms: number; readonly p99ms: number }>>;

interface Write {
  readonly receivedAt: number;
  readonly answeredAt: number;
}

/** Where the time of these claims went, by the API server's own record of writes. Claims whose writes it does not hold are left out. */
export async function wayOf(auditFile: string, from: number, claims: readonly SeenClaim[]): Promise<Way | undefined> {
  const writes = await writesByCall(auditFile, from);
  const ways = claims.flatMap(({ name, address, sentAt, servedAt }) => {
    const created = writes.get(`create ipclaims/${name}`);
    const held = writes.get(`patch ipclaims/${name}`);
    const registered = writes.get(`create ipaddresses/${address}`);
    const told = writes.get(`patch ipclaims/status/${name}`);
    if (created === undefined || held === undefined || registered === undefined || told === undefined) return [];
    const marks = [sentAt, created.answeredAt, ...[held, registered, told].flatMap(bothEnds), servedAt];
    return [marks.slice(1).map((mark, at) => mark - (marks[at] ?? mark))];
  });
  if (ways.length === 0) return undefined;
  return Object.fromEntries(
    legs.map((leg, at) => {
      const sorted = ways.map((way) => way[at] ?? 0).toSorted((a, b) => a - b);
      const percentile = (part: number): number =>
        Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0) * 100) / 100;
      return [leg, { p50ms: percentile(0.5), p99ms: percentile(0.99) }];
    }),
  ) as Way;
}

function bothEnds({ receivedAt, answeredAt }: Write): readonly number[] {
  return [receivedAt, answeredAt];
}

interface AuditLine {
  readonly verb: string;
  readonly objectRef?: { readonly resource?: string; readonly subresource?: string; readonly name?: string };
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
}

async function writesByCall(auditFile: string, from: number): Promise<Map<string, Write>> {
  const writes = new Map<string, Write>();
  for await (const line of createInterface({ input: createReadStream(auditFile, { start: from }) })) {
    const { verb, objectRef, requestReceivedTimestamp, stageTimestamp } = JSON.parse(line) as AuditLine;
    const path = [objectRef?.resource, objectRef?.subresource, objectRef?.name].filter(Boolean).join('/');
    writes.set(`${verb} ${path}`, {
      receivedAt: epochMs(requestReceivedTimestamp),
      answeredAt: epochMs(stageTimestamp),
    });
  }
  return writes;
}

/** With the microseconds that Date leaves out. */
function epochMs(time: string): number {
  const micros = /\.\d{3}(\d{0,3})/.exec(time)?.[1] ?? '';
  return Date.parse(time) + Number(micros.padEnd(3, '0')) / 1000;
}
