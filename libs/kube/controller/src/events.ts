import { randomBytes } from 'node:crypto';
import { type Clock, isKubeError, type Kind, type KubeClient, type KubeObject, type Log } from '@metal3/kube-client';
import { metaTime } from './conditions/standard.ts';

/** core/v1 Event. */
export interface KubeEvent extends KubeObject {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  count: number;
  firstTimestamp: string;
  lastTimestamp: string;
  involvedObject: {
    apiVersion: string;
    kind: string;
    name: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
  };
  source: { component: string };
  reportingComponent: string;
  reportingInstance: string;
}

export const kubeEvent: Kind<KubeEvent> = {
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  namespaced: true,
};

/** Tells people what happened to an object (`kubectl describe`). Never fails and never waits. */
export interface EventRecorder {
  normal(object: KubeObject, reason: string, message: string): void;
  warning(object: KubeObject, reason: string, message: string): void;
  /** Resolves when all events so far have been sent or given up. */
  flush(): Promise<void>;
}

export interface EventRecorderOptions {
  readonly client: Pick<KubeClient, 'create' | 'patch'>;
  /** Such as `metal3-baremetal-controller`. */
  readonly component: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Repeats of one event within this time raise its count instead of making a new one. */
const repeatWindowMs = 10 * 60_000;
const rememberedEvents = 4096;
/** Events that say the same within this time are sent once; the count tells how many there were. */
const quietMs = 5_000;

interface Remembered {
  readonly name: string;
  readonly namespace: string;
  count: number;
  lastAt: number;
  sentAt: number;
}

/** An event recorder for core/v1 Events that folds repeats of (object, reason, message) into one Event. */
export function eventRecorder({ client, component, clock, log }: EventRecorderOptions): EventRecorder {
  const remembered = new Map<string, Remembered>();
  let sending: Promise<void> = Promise.resolve();

  const send = (task: () => Promise<unknown>): void => {
    sending = sending.then(task).then(
      () => {},
      (error: unknown) => log.warn({ err: error }, 'an event was not recorded'),
    );
  };

  const record = (object: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void => {
    const { name = '', uid = '' } = object.metadata;
    const namespace = object.metadata.namespace ?? 'default';
    const now = clock.now();
    const id = [uid, type, reason, message].join('\n');
    const known = remembered.get(id);
    remembered.delete(id);

    if (known !== undefined && now - known.lastAt < repeatWindowMs) {
      known.count += 1;
      known.lastAt = now;
      remembered.set(id, known);
      if (now - known.sentAt < quietMs) return;
      known.sentAt = now;
      send(async () => {
        const body = { count: known.count, lastTimestamp: metaTime(known.lastAt) };
        const patch = { type: 'merge', body } as const;
        try {
          await client.patch(kubeEvent, { namespace: known.namespace, name: known.name }, patch);
        } catch (error) {
          // Events are kept for an hour only.
          if (!isKubeError(error, 'NotFound')) throw error;
          await client.create(kubeEvent, eventOf(object, known.name, type, reason, message, now));
        }
      });
      return;
    }

    const eventName = `${name}.${randomBytes(8).toString('hex')}`;
    remembered.set(id, { name: eventName, namespace, count: 1, lastAt: now, sentAt: now });
    for (const [oldest] of remembered) {
      if (remembered.size <= rememberedEvents) break;
      remembered.delete(oldest);
    }
    send(() => client.create(kubeEvent, eventOf(object, eventName, type, reason, message, now)));
  };

  const eventOf = (
    object: KubeObject,
    eventName: string,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    now: number,
  ): Omit<KubeEvent, 'apiVersion' | 'kind'> => {
    const { name = '', namespace, uid, resourceVersion } = object.metadata;
    return {
      metadata: { name: eventName, namespace: namespace ?? 'default' },
      type,
      reason,
      message: message.slice(0, 1024),
      count: 1,
      firstTimestamp: metaTime(now),
      lastTimestamp: metaTime(now),
      involvedObject: {
        apiVersion: object.apiVersion,
        kind: object.kind,
        name,
        ...(namespace === undefined ? {} : { namespace }),
        ...(uid === undefined ? {} : { uid }),
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
      },
      source: { component },
      reportingComponent: component,
      reportingInstance: component,
    };
  };

  return {
    normal: (object, reason, message) => record(object, 'Normal', reason, message),
    warning: (object, reason, message) => record(object, 'Warning', reason, message),
    flush: () => sending,
  };
}
