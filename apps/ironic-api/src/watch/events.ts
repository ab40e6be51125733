import type { ChangeToken, WatchEvent } from '@metal3/node-store';

/** Values of `Kind` in both watch responses. */
const kinds = { SNAPSHOT: 1, SYNCED: 2, CHANGED: 3, DELETED: 4, BOOKMARK: 5, RESYNC_REQUIRED: 6 } as const;

/** A change of the store's log in the words of the wire. */
export interface WatchMessage<Message> {
  readonly kind: (typeof kinds)[keyof typeof kinds];
  readonly item: Message | undefined;
  /** Key of what is gone. */
  readonly uuid: string;
  readonly token: ChangeToken;
}

export async function* watchMessages<Item, Message>(
  events: AsyncIterable<WatchEvent<Item>>,
  render: (item: Item) => Message,
): AsyncGenerator<WatchMessage<Message>> {
  for await (const event of events) {
    yield {
      kind: kinds[event.kind],
      item: event.kind === 'SNAPSHOT' || event.kind === 'CHANGED' ? render(event.item) : undefined,
      uuid: event.kind === 'DELETED' ? event.uuid : '',
      token: 'token' in event ? event.token : '',
    };
    if (event.kind === 'RESYNC_REQUIRED') return;
  }
}
