import { toBinary, type DescFile } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import type { Server } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { Health } from './gen/grpc/health/v1/health_pb.ts';
import type { ServiceImplementation } from './types.ts';

/** Serves the contracts' descriptors (grpc.reflection v1 and v1alpha), for grpcurl and the like. */
export async function addReflection(server: Server, services: readonly ServiceImplementation[]): Promise<void> {
  const contracts = [...services.map((each) => each.service), Health];
  const files = new Map<string, Buffer>();
  const add = (file: DescFile) => {
    if (files.has(file.name)) return;
    files.set(file.name, Buffer.from(toBinary(FileDescriptorProtoSchema, file.proto)));
    for (const dependency of file.dependencies) add(dependency);
  };
  for (const contract of contracts) add(contract.file);
  // The library reads descriptors out of a proto-loader package definition: only `fileDescriptorProtos` of each entry counts.
  const fileDescriptorProtos = [...files.values()];
  const definition = Object.fromEntries(
    contracts.map((contract) => [
      contract.typeName,
      { format: 'Protocol Buffer 3 DescriptorProto', type: {}, fileDescriptorProtos },
    ]),
  );
  const reflection = new ReflectionService(
    definition as unknown as ConstructorParameters<typeof ReflectionService>[0],
    {
      services: contracts.map((contract) => contract.typeName),
    },
  );
  reflection.addToServer(server);
}
