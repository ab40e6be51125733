import { createRegistry, toBinary, type DescFile, type MessageInitShape, type Registry } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { status, type handleBidiStreamingCall, type Server } from '@grpc/grpc-js';
import { methodDefinition } from './definition.ts';
import { Health } from './gen/grpc/health/v1/health_pb.ts';
import {
  ServerReflection,
  type ServerReflectionRequest,
  type ServerReflectionResponseSchema,
} from './gen/grpc/reflection/v1/reflection_pb.ts';
import type { ServiceImplementation } from './types.ts';

type Answer = NonNullable<MessageInitShape<typeof ServerReflectionResponseSchema>['messageResponse']>;

/**
 * Serves the contracts' descriptors, for grpcurl and the like. Under the names v1 and v1alpha, whose messages are the same on the
 * wire. (The library `@grpc/reflection` does this too, but its descriptor parser costs 11 MiB in every process.)
 */
export function addReflection(server: Server, services: readonly ServiceImplementation[]): void {
  const contracts = [...services.map((each) => each.service), Health, ServerReflection];
  const files = filesOf(contracts.map((contract) => contract.file));
  const registry = createRegistry(...files.values());
  const names = contracts.map((contract) => ({ name: contract.typeName }));

  const converse: handleBidiStreamingCall<unknown, unknown> = (call) => {
    call.on('data', (request: ServerReflectionRequest) => {
      const messageResponse = answer(request.messageRequest, files, registry, names);
      call.write({ validHost: request.host, originalRequest: request, messageResponse });
    });
    call.on('end', () => call.end());
  };
  const definition = methodDefinition(ServerReflection.method.serverReflectionInfo);
  for (const version of ['v1', 'v1alpha']) {
    const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
    server.addService({ converse: { ...definition, path } }, { converse });
  }
}

function filesOf(roots: readonly DescFile[]): ReadonlyMap<string, DescFile> {
  const files = new Map<string, DescFile>();
  const add = (file: DescFile) => {
    if (files.has(file.proto.name)) return;
    files.set(file.proto.name, file);
    for (const dependency of file.dependencies) add(dependency);
  };
  for (const root of roots) add(root);
  return files;
}

function answer(
  request: ServerReflectionRequest['messageRequest'],
  files: ReadonlyMap<string, DescFile>,
  registry: Registry,
  service: readonly { readonly name: string }[],
): Answer {
  switch (request.case) {
    case 'listServices':
      return { case: 'listServicesResponse', value: { service: [...service] } };
    case 'fileByFilename':
      return descriptors(files.get(request.value), `file ${request.value}`);
    case 'fileContainingSymbol':
      return descriptors(fileOfSymbol(registry, request.value), `symbol ${request.value}`);
    case 'fileContainingExtension': {
      const { containingType, extensionNumber } = request.value;
      const extendee = registry.getMessage(containingType);
      const extension = extendee && registry.getExtensionFor(extendee, extensionNumber);
      return descriptors(extension?.file, `extension ${extensionNumber} of ${containingType}`);
    }
    case 'allExtensionNumbersOfType': {
      const numbers = [...registry].flatMap((type) =>
        type.kind === 'extension' && type.extendee.typeName === request.value ? [type.number] : [],
      );
      return { case: 'allExtensionNumbersResponse', value: { baseTypeName: request.value, extensionNumber: numbers } };
    }
    default:
      return {
        case: 'errorResponse',
        value: { errorCode: status.INVALID_ARGUMENT, errorMessage: 'the request asks for nothing' },
      };
  }
}

/** The file of a service, message, enum or extension; a method counts as its service. */
function fileOfSymbol(registry: Registry, symbol: string): DescFile | undefined {
  return (registry.get(symbol) ?? registry.get(symbol.slice(0, Math.max(0, symbol.lastIndexOf('.')))))?.file;
}

function descriptors(file: DescFile | undefined, what: string): Answer {
  if (file === undefined) {
    return {
      case: 'errorResponse',
      value: { errorCode: status.NOT_FOUND, errorMessage: `this server does not know ${what}` },
    };
  }
  const fileDescriptorProto = [...filesOf([file]).values()].map(({ proto }) =>
    toBinary(FileDescriptorProtoSchema, proto),
  );
  return { case: 'fileDescriptorResponse', value: { fileDescriptorProto } };
}
