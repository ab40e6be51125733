import type { NodeStore, NodeStoreOptions } from './contract/store.ts';

/** Opens the store, brings its schema up to date, and checks that this release can work with it. */
export async function openNodeStore(options: NodeStoreOptions): Promise<NodeStore> {
  throw new Error(`not ready: ${options.url}`);
}
