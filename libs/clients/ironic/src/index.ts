import { grpcClient, watchMirror, type GrpcClient, type GrpcTarget, type WatchMirror } from '@metal3/grpc';
import type { Node } from './gen/metal3/ironic/v1/node_pb.ts';
import { ConductorService } from './gen/metal3/ironic/v1/conductor_service_pb.ts';
import { NodeService } from './gen/metal3/ironic/v1/node_service_pb.ts';

export * from './gen/metal3/ironic/v1/conductor_service_pb.ts';
export * from './gen/metal3/ironic/v1/node_pb.ts';
export * from './gen/metal3/ironic/v1/node_service_pb.ts';

export type NodeClient = GrpcClient<typeof NodeService>;
export type ConductorClient = GrpcClient<typeof ConductorService>;

/** Nodes, as ironic-api serves them. */
export const nodeClient = (target: GrpcTarget): NodeClient => grpcClient(NodeService, target);

/** One conductor; the address is in its row of the conductors table. */
export const conductorClient = (target: GrpcTarget): ConductorClient => grpcClient(ConductorService, target);

/** All nodes, kept current by NodeService.Watch; `changed` hears of each one that is new, differs or is gone. */
export function nodeMirror(
  client: Pick<NodeClient, 'watch'>,
  changed?: (uuid: string, node: Node | undefined) => void,
): WatchMirror<Node> {
  return watchMirror({
    name: 'nodes',
    open: (signal) => client.watch({}, { signal }),
    read: ({ node, uuid }) => ({ key: node?.uuid ?? uuid, item: node }),
    same: (one, other) => one.revision === other.revision && one.progress === other.progress,
    ...(changed === undefined ? {} : { changed }),
  });
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** A JSON field of a message; undefined when it was not sent. */
export function readJson(bytes: Uint8Array): unknown {
  return bytes.length === 0 ? undefined : JSON.parse(decoder.decode(bytes));
}

/** A value as a JSON field of a message; undefined becomes an absent field. */
export function writeJson(value: unknown): Uint8Array<ArrayBuffer> {
  return value === undefined ? new Uint8Array() : encoder.encode(JSON.stringify(value));
}
