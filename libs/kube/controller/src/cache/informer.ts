import { randomInt } from 'node:crypto';
import {
  type Clock,
  compareResourceVersions,
  isKubeError,
  type Kind,
  type KubeClient,
  type KubeObject,
  type Log,
} from '@metal3/kube-client';
import { BackOff } from './back-off.ts';

/** What an informer tells of its kind: whole lists, and between them single changes. */
export interface InformerSink<T extends KubeObject> {
  listed(objects: T[], resourceVersion: string, forgetful: boolean): void;
  changed(object: T): void;
  removed(object: T): void;
}

export interface InformerOptions<T extends KubeObject> {
  readonly client: Pick<KubeClient, 'list' | 'watch'>;
  readonly kind: Kind<T>;
  readonly selection: {
    readonly namespace?: string | undefined;
    readonly labelSelector?: string | undefined;
    readonly fieldSelector?: string | undefined;
  };
  /** The kind may not be installed. */
  readonly optional?: boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly sink: InformerSink<T>;
}

const pageSize = 500;
/** A resume that fails this often in a row is given up for a new list: the server may have lost its history. */
const resumesBeforeRelist = 4;
/** Failures in a row that are nobody's business: a server that restarts, or one that makes room for a new kind (429). */
const failuresBeforeWarning = 4;
/**
 * A server sends a bookmark each minute. One that has lost its data and does not know our version yet says nothing at
 * all until it gets there.
 */
const suspiciousSilenceMs = 120_000;

/**
 * List, then watch from there, for ever: a watch that ends is resumed where it stopped, a version that is too old
 * (410) or that the server does not know leads to a new list. Pauses between failures: 0.2 s to 30 s.
 */
export async function runInformer<T extends KubeObject>(
  options: InformerOptions<T>,
  signal: AbortSignal,
): Promise<void> {
  const { clock, kind, log, sink } = options;
  const backOff = new BackOff({ fromMs: 200, toMs: 30_000 });
  let version: string | undefined;
  let newestSeen: string | undefined;
  let interruptedAt: number | undefined;
  let warned = false;
  const reached = (): void => {
    if (warned) log.info({ kind: kind.kind, afterMs: clock.monotonic() - (interruptedAt ?? 0) }, 'watching again');
    interruptedAt = undefined;
    warned = false;
    backOff.reset();
  };

  while (!signal.aborted) {
    try {
      if (version === undefined) {
        const list = await listAll(options, signal);
        const forgetful = newestSeen !== undefined && compareResourceVersions(list.resourceVersion, newestSeen) < 0;
        sink.listed(list.items, list.resourceVersion, forgetful);
        version = list.resourceVersion;
        newestSeen = version;
        log.debug({ kind: kind.kind, objects: list.items.length, version }, 'listed');
      }
      const started = clock.monotonic();
      const events = options.client.watch(kind, {
        ...options.selection,
        resourceVersion: version,
        timeoutSeconds: 300 + randomInt(300),
        signal,
      });
      let silent = true;
      for await (const event of events) {
        reached();
        silent = false;
        if (event.type === 'BOOKMARK') {
          version = event.resourceVersion;
        } else {
          version = event.object.metadata.resourceVersion ?? version;
          if (event.type === 'DELETED') sink.removed(event.object);
          else sink.changed(event.object);
        }
        newestSeen = version;
      }
      // A server that goes away ends its watches politely, again and again while it is draining.
      const lasted = clock.monotonic() - started;
      if (lasted < 1_000) await clock.sleep(backOff.next(), signal);
      if (silent && lasted > suspiciousSilenceMs) version = undefined;
    } catch (error) {
      if (signal.aborted) return;
      interruptedAt ??= clock.monotonic();
      const gone = isKubeError(error, 'Gone');
      const wanted = isKubeError(error) ? (error.retryAfterMs ?? 0) : 0;
      const pause = Math.max(wanted, gone ? Math.min(backOff.next(), 1_000) : backOff.next());
      if (gone || backOff.tries > resumesBeforeRelist) version = undefined;
      const fields = { kind: kind.kind, pauseMs: pause, relist: version === undefined };
      if (options.optional === true && isKubeError(error, 'NotFound')) {
        log.debug({ ...fields, group: kind.group }, 'the kind is not installed; looking again');
      } else if (gone || (isKubeError(error) && error.transient && backOff.tries <= failuresBeforeWarning)) {
        log.info({ ...fields, reason: error.message }, 'watch interrupted; resuming');
      } else {
        // Of a refusal by the API server its words say it all; anything else is a defect of ours, with a stack.
        const why = isKubeError(error) ? { reason: error.message, code: error.code } : { err: error };
        log.warn({ ...fields, ...why, sinceMs: clock.monotonic() - interruptedAt }, 'watch interrupted');
        warned = true;
      }
      await clock.sleep(pause, signal).catch(() => {});
    }
  }
}

async function listAll<T extends KubeObject>(
  { client, kind, selection }: InformerOptions<T>,
  signal: AbortSignal,
): Promise<{ items: T[]; resourceVersion: string }> {
  const items: T[] = [];
  let page = await client.list(kind, { ...selection, limit: pageSize, signal });
  items.push(...page.items);
  while (page.continue !== undefined && page.continue !== '') {
    page = await client.list(kind, { ...selection, limit: pageSize, continue: page.continue, signal });
    items.push(...page.items);
  }
  return { items, resourceVersion: page.resourceVersion };
}
