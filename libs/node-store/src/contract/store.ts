import type { JsonObject } from '@metal3/node';
import type { Clock } from '@metal3/service';
import type { AgentRepository } from './agents.ts';
import type { ChangeLog } from './changes.ts';
import type { ConductorRepository } from './conductors.ts';
import type { BlobRepository, NodeRepository } from './nodes.ts';
import type { PortRepository } from './ports.ts';
import type { RecordRepository } from './records.ts';
import type { BootEntryRepository, WorkRepository } from './work.ts';

/** The node store: the truth about every node, shared by ironic-api and ironic-conductor. */
export interface NodeStore {
  readonly nodes: NodeRepository;
  readonly ports: PortRepository;
  readonly records: RecordRepository;
  readonly blobs: BlobRepository;
  readonly agents: AgentRepository;
  readonly work: WorkRepository;
  readonly conductors: ConductorRepository;
  readonly bootEntries: BootEntryRepository;
  readonly changes: ChangeLog;
  /** Opens every sealed value: what a conductor does at the moment of use, and nobody else. @throws SECRET-UNREADABLE */
  reveal(nodeUuid: string, fields: JsonObject): JsonObject;
  /** For readiness: answers when the database does. @throws NODE-STORE-UNAVAILABLE */
  ping(): Promise<void>;
  /** Ends watches and closes connections; calls after it fail with NODE-STORE-CLOSED. */
  close(): Promise<void>;
}

export interface NodeStoreOptions {
  /** `sqlite:<file>` (or `sqlite::memory:` for tests) or `postgres://user@host:port/database`. */
  readonly url: string;
  /** 32 bytes; see `readOrCreateKey`. */
  readonly key: Uint8Array;
  /** Largest number of PostgreSQL connections. Default 10. */
  readonly poolSize?: number;
  /** Write transactions wait this long for their turn before NODE-STORE-BUSY. Default 10,000. */
  readonly busyTimeoutMs?: number;
  /** Time of this process; on SQLite it is the database's clock as well. */
  readonly clock?: Clock;
  /** Told of what goes wrong outside any call (a broken idle connection). */
  readonly onError?: (error: Error) => void;
}
