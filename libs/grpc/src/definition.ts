import { create, fromBinary, toBinary, type DescMethod, type DescService, type MessageShape } from '@bufbuild/protobuf';
import type { DescMessage, MessageInitShape } from '@bufbuild/protobuf';
import type { MethodDefinition } from '@grpc/grpc-js';

/** Messages end here: config drives and inventories exceed gRPC's 4 MiB. */
export const messageLimit = 64 * 1024 * 1024;

/** `/metal3.ironic.v1.NodeService/GetNode` */
export const methodPath = (method: DescMethod) => `/${method.parent.typeName}/${method.name}`;

/** How grpc-js carries one method of a contract. Serialising accepts what `create` accepts. */
export function methodDefinition(method: DescMethod): MethodDefinition<unknown, unknown> {
  const streams = method.methodKind;
  return {
    path: methodPath(method),
    requestStream: streams === 'client_streaming' || streams === 'bidi_streaming',
    responseStream: streams === 'server_streaming' || streams === 'bidi_streaming',
    requestSerialize: writer(method.input),
    requestDeserialize: reader(method.input),
    responseSerialize: writer(method.output),
    responseDeserialize: reader(method.output),
  };
}

function writer<Desc extends DescMessage>(desc: Desc) {
  return (value: unknown): Buffer => {
    // `create` hands back a message of the type as it is, so a handler that built one pays nothing.
    const bytes = toBinary(desc, create(desc, value as MessageInitShape<Desc>), { writeUnknownFields: false });
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
}

function reader<Desc extends DescMessage>(desc: Desc) {
  // A copy: protobuf-es hands out views of the input, and grpc-js reuses nothing but a small view would pin a large read buffer.
  return (bytes: Buffer): MessageShape<Desc> => fromBinary(desc, bytes, { readUnknownFields: false });
}

/** The methods of a contract by their TypeScript names. */
export function methodsOf(service: DescService): readonly (readonly [localName: string, method: DescMethod])[] {
  return Object.entries(service.method);
}
