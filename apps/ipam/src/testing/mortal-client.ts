import { type KubeClient, KubeError } from '@metal3/kube-client';

/** What becomes of a write. */
export type Fate =
  | 'done'
  /** The API server never gets it. */
  | 'lost'
  /** It is carried out, and nobody hears of it. */
  | 'answer-lost'
  /** It is refused, as if somebody else had just written. */
  | 'conflict'
  /** The process is killed before it, or right after it. */
  | 'killed-before'
  | 'killed-after';

export interface MortalOptions {
  readonly fate: () => Fate;
  readonly killed: () => void;
  /** Waits a little, so that calls of several processes meet in any order. */
  readonly delay: () => Promise<void>;
}

/** The client of a process that may be killed between any two of its writes: nothing that it does afterwards counts. */
export function mortalClient(client: KubeClient, { fate, killed, delay }: MortalOptions): KubeClient {
  let dead = false;
  const die = (): never => {
    if (!dead) {
      dead = true;
      killed();
    }
    throw new KubeError('Unavailable', 'the process has been killed');
  };
  const write = async <Answer>(call: () => Promise<Answer>): Promise<Answer> => {
    await delay();
    if (dead) return die();
    const what = fate();
    if (what === 'killed-before') return die();
    if (what === 'lost') throw new KubeError('Unavailable', 'the request was lost');
    if (what === 'conflict') throw new KubeError('Conflict', 'somebody else has written', { status: 409 });
    const answer = await call();
    if (what === 'killed-after' || dead) return die();
    if (what === 'answer-lost') throw new KubeError('Unavailable', 'the answer was lost');
    await delay();
    return answer;
  };
  return {
    get: (kind, key, options) => client.get(kind, key, options),
    find: (kind, key, options) => client.find(kind, key, options),
    list: (kind, options) => client.list(kind, options),
    watch: (kind, options) => client.watch(kind, options),
    create: (kind, object, options) => write(() => client.create(kind, object, options)),
    replace: (kind, object, options) => write(() => client.replace(kind, object, options)),
    patch: (kind, key, patch, options) => write(() => client.patch(kind, key, patch, options)),
    patchStatus: (kind, key, patch, options) => write(() => client.patchStatus(kind, key, patch, options)),
    delete: (kind, key, options) => write(() => client.delete(kind, key, options)),
  };
}
