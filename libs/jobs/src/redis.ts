import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { HintQueue, HintWorker } from './queue.ts';

export interface RedisHintQueueOptions {
  /** `redis://[user:password@]host:port[/db]` or `rediss://`. */
  readonly url: string;
  /** Sets the keys of one installation apart from others in the same Redis. Default "metal3". */
  readonly prefix?: string;
  /**
   * A worker that is not heard of for this long is taken for dead, and hints for the node it had flow again. Default 10,000; a handler that
   * blocks the event loop for longer lets another conductor look at the node as well, which does no harm.
   */
  readonly lockMs?: number;
  /** Told once when Redis goes away, once when it is back, and of a configuration that loses hints. */
  readonly onEvent?: (event: { readonly kind: 'away' | 'back' | 'warning'; readonly message: string }) => void;
}

/** Far less than BullMQ's default of 1,000: hints are worth nothing once they are old. */
const keptFailures = 0;

/** Hints through Redis, by BullMQ: one queue per conductor group. Works, without hints, while Redis is away. */
export function redisHintQueue({ url, prefix = 'metal3', lockMs = 10_000, onEvent }: RedisHintQueueOptions): HintQueue {
  const queues = new Map<string, Queue>();
  const workers = new Set<HintWorker>();
  let given = 0;
  let dropped = 0;
  let warning: string | undefined;
  let away = false;
  let closed = false;

  // A hint that cannot be sent now is dropped, not queued.
  const connection = connect(url, 'fail');
  const wentAway = (why: string) => {
    if (away || closed) return;
    away = true;
    onEvent?.({ kind: 'away', message: `Redis is away (${why}): work is found by the sweep.` });
  };
  connection.on('error', (error) => wentAway(error.message));
  connection.on('close', () => wentAway('connection closed'));
  connection.on('ready', () => {
    if (away) onEvent?.({ kind: 'back', message: 'Redis is back.' });
    away = false;
    checkEviction(connection).then(
      (found) => {
        if (found !== undefined && found !== warning) onEvent?.({ kind: 'warning', message: found });
        warning = found;
      },
      () => undefined,
    );
  });

  const queueOf = (group: string): Queue => {
    let queue = queues.get(group);
    if (queue === undefined) {
      queue = new Queue(queueName(group), { connection, prefix, skipVersionCheck: true, skipMetasUpdate: true });
      queue.on('error', () => undefined);
      queues.set(group, queue);
    }
    return queue;
  };

  return {
    hint(nodeUuid, group) {
      if (closed) return;
      given += 1;
      if (connection.status !== 'ready') {
        dropped += 1;
        return;
      }
      queueOf(group)
        .add(
          'node',
          { nodeUuid },
          {
            // Not a job id: a job added under the id of one that is still active would be ignored, and with it the wake-up.
            deduplication: { id: nodeUuid, keepLastIfActive: true },
            removeOnComplete: true,
            removeOnFail: keptFailures === 0,
            attempts: 1,
          },
        )
        .catch(() => {
          dropped += 1;
        });
    },

    process(groups, handler, { concurrency }) {
      // Blocking reads need connections of their own, which wait for Redis for as long as it takes.
      const waiting = connect(url, 'wait');
      waiting.on('error', () => undefined);
      const running = groups.map((group) => {
        const worker = new Worker<{ nodeUuid: string }>(queueName(group), async (job) => handler(job.data.nodeUuid), {
          connection: waiting,
          prefix,
          concurrency,
          lockDuration: lockMs,
          stalledInterval: lockMs,
          maxStalledCount: 0,
          removeOnComplete: { count: 0 },
          removeOnFail: { count: keptFailures },
          skipVersionCheck: true,
        });
        worker.on('error', () => undefined);
        return worker;
      });
      const hintWorker: HintWorker = {
        async close() {
          workers.delete(hintWorker);
          // While Redis is away there is nothing to say goodbye to.
          await Promise.all(running.map((worker) => worker.close(connection.status !== 'ready')));
          waiting.disconnect();
        },
      };
      workers.add(hintWorker);
      return hintWorker;
    },

    state: () => ({ connected: connection.status === 'ready', given, dropped, warning }),

    async close() {
      if (closed) return;
      closed = true;
      await Promise.all([...workers].map((worker) => worker.close()));
      await Promise.all([...queues.values()].map((queue) => queue.close().catch(() => undefined)));
      connection.disconnect();
    },
  };
}

/** "" is Ironic's default group; BullMQ keeps ":" for itself. */
function queueName(group: string): string {
  return `conductor-${group === '' ? 'default' : encodeURIComponent(`g-${group}`)}`;
}

/** Tries for ever to come back; a command waits for that only when it is told to. */
function connect(url: string, whileAway: 'fail' | 'wait'): Redis {
  return new Redis(url, {
    retryStrategy: (attempt) => Math.min(100 * attempt, 2_000),
    connectTimeout: 5_000,
    enableOfflineQueue: whileAway === 'wait',
    maxRetriesPerRequest: whileAway === 'wait' ? null : 0,
  });
}

/** With another policy a full Redis throws keys of the queue away. */
async function checkEviction(connection: Redis): Promise<string | undefined> {
  const policy = /^maxmemory_policy:(\S+)/m.exec(await connection.info('memory'))?.[1];
  return policy === undefined || policy === 'noeviction'
    ? undefined
    : `Redis evicts keys (maxmemory-policy ${policy}), which loses hints: set it to noeviction.`;
}
