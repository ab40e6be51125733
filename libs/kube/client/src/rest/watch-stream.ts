import { kubeErrorFromStatus, type KubeStatus } from '../error.ts';
import type { KubeObject } from '../object.ts';
import type { WatchEvent } from '../port.ts';

type WireEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; readonly object: T }
  | { readonly type: 'ERROR'; readonly object: KubeStatus };

/** Reads the events of a watch: one JSON document a line. @throws KubeError for an ERROR event, such as Gone */
export async function* readWatchEvents<T extends KubeObject>(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<WatchEvent<T>> {
  for await (const line of lines(chunks)) {
    const event = JSON.parse(line) as WireEvent<T>;
    if (event.type === 'ERROR') throw kubeErrorFromStatus(event.object);
    if (event.type !== 'BOOKMARK') yield event as WatchEvent<T>;
    else yield { type: 'BOOKMARK', resourceVersion: event.object.metadata.resourceVersion ?? '' };
  }
}

async function* lines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let held: Uint8Array[] = [];
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      const line = Buffer.concat([...held, chunk.subarray(from, end)]).toString('utf8');
      held = [];
      from = end + 1;
      if (line.trim() !== '') yield line;
    }
    if (from < chunk.length) held.push(chunk.subarray(from));
  }
}
