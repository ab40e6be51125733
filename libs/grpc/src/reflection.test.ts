import { afterEach, expect, test } from '@jest/globals';
import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { Client, credentials, Server, ServerCredentials } from '@grpc/grpc-js';
import { methodDefinition } from './definition.ts';
import { ServerReflection, type ServerReflectionResponse } from './gen/grpc/reflection/v1/reflection_pb.ts';
import { GreetingService } from './gen/metal3/testing/v1/greeting_pb.ts';
import { addReflection } from './reflection.ts';

let end = () => {};
afterEach(() => end());

async function ask(version: string, messageRequest: object): Promise<ServerReflectionResponse['messageResponse']> {
  const server = new Server();
  addReflection(server, [{ service: GreetingService, methods: {} }]);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  end = () => {
    client.close();
    server.forceShutdown();
  };
  const { requestSerialize, responseDeserialize } = methodDefinition(ServerReflection.method.serverReflectionInfo);
  const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
  const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
  call.write({ messageRequest });
  const response = await new Promise<unknown>((resolve, reject) => call.once('data', resolve).once('error', reject));
  call.end();
  return (response as ServerReflectionResponse).messageResponse;
}

test.each(['v1', 'v1alpha'])('%s lists the services', async (version) => {
  await expect(ask(version, { case: 'listServices', value: '' })).resolves.toMatchObject({
    case: 'listServicesResponse',
    value: {
      service: expect.arrayContaining([expect.objectContaining({ name: 'metal3.testing.v1.GreetingService' })]),
    },
  });
});

test('a method leads to the file of its service and everything that file imports', async () => {
  const answer = await ask('v1', { case: 'fileContainingSymbol', value: 'metal3.testing.v1.GreetingService.Greet' });
  if (answer.case !== 'fileDescriptorResponse') throw new Error(answer.case);
  const names = answer.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name);
  expect(names).toEqual([
    'metal3/testing/v1/greeting.proto',
    'metal3/options/v1/access.proto',
    'google/protobuf/descriptor.proto',
  ]);
});

test('the option for roles can be found by number', async () => {
  await expect(
    ask('v1', {
      case: 'fileContainingExtension',
      value: { containingType: 'google.protobuf.MethodOptions', extensionNumber: 50731 },
    }),
  ).resolves.toMatchObject({ case: 'fileDescriptorResponse' });
});

test('an unknown symbol is an error in the answer', async () => {
  await expect(ask('v1', { case: 'fileContainingSymbol', value: 'no.Such' })).resolves.toMatchObject({
    case: 'errorResponse',
    value: { errorCode: 5 },
  });
});
