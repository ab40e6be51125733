import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { KubeError } from '@metal3/kube-client';
import { CodedError, errorTable } from '@metal3/service';
import { eventually, testService } from '@metal3/testing';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { create } from '@bufbuild/protobuf';
import { grpcClient } from './client.ts';
import { methodDefinition } from './definition.ts';
import { Health, HealthCheckResponseSchema } from './gen/grpc/health/v1/health_pb.ts';
import { roleOf } from './identity.ts';
import { grpcServer, type GrpcServer, type GrpcServerOptions } from './server.ts';
import type { GrpcServerSettings } from './settings.ts';
import { implement, type Call, type ServiceMethods } from './types.ts';
import { GreetingService } from './gen/metal3/testing/v1/greeting_pb.ts';

const errors = errorTable({
  leaseLost: {
    code: 'TEST-LEASE-LOST',
    class: 'conflict',
    conditionReason: 'LeaseLost',
    remedy: 'Read the node again.',
  },
});

const plain: GrpcServerSettings = {
  listen: '127.0.0.1:0',
  portFile: '',
  tlsCertFile: '',
  tlsKeyFile: '',
  tlsClientCaFile: '',
  readers: [],
  operators: [],
  services: [],
  reflection: false,
};

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function serve(
  methods: Partial<ServiceMethods<typeof GreetingService>>,
  settings: Partial<GrpcServerSettings> = {},
  options: GrpcServerOptions = {},
): Promise<GrpcServer> {
  const service = testService('greeter');
  const all: ServiceMethods<typeof GreetingService> = {
    greet: async ({ name }) => ({ greeting: `hello ${name}` }),
    count: async function* ({ name }) {
      for (let at = 0; at < 3; at++) yield { greeting: `${name} ${at}` };
    },
    shout: async ({ name }) => ({ greeting: name.toUpperCase() }),
    ...methods,
  };
  const server = grpcServer({ ...plain, ...settings }, [implement(GreetingService, all)], options);
  await server.start(service.signal, service);
  cleanUps.push(() => server.stop());
  return server;
}

function connect(server: GrpcServer, tokenFile = '') {
  const client = grpcClient(GreetingService, { address: server.address, tokenFile });
  cleanUps.push(() => client.close());
  return client;
}

test('a unary call arrives and its answer comes back', async () => {
  const client = connect(await serve({}));
  await expect(client.greet({ name: 'node' })).resolves.toMatchObject({ greeting: 'hello node' });
});

test('a stream yields every message and then ends', async () => {
  const client = connect(await serve({}));
  const greetings: string[] = [];
  for await (const { greeting } of client.count({ name: 'n' })) greetings.push(greeting);
  expect(greetings).toEqual(['n 0', 'n 1', 'n 2']);
});

test('a coded error keeps its identity, traits and details across the wire', async () => {
  const client = connect(
    await serve({
      greet: async () => {
        throw errors.leaseLost('the lease of node 7 is gone — ünïcode too', { details: { node: '7' } });
      },
    }),
  );
  const failure = await client.greet({ name: 'x' }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(CodedError);
  expect(failure).toMatchObject({
    code: 'TEST-LEASE-LOST',
    class: 'conflict',
    retry: 'reread',
    grpcStatus: 'ABORTED',
    httpStatus: 409,
    conditionReason: 'LeaseLost',
    remedy: 'Read the node again.',
    message: 'the lease of node 7 is gone — ünïcode too',
    details: { node: '7' },
  });
});

test('a coded error ends a stream and keeps its identity', async () => {
  const client = connect(
    await serve({
      count: async function* () {
        yield { greeting: 'one' };
        throw errors.leaseLost('gone');
      },
    }),
  );
  const seen: string[] = [];
  const read = async () => {
    for await (const { greeting } of client.count({ name: 'x' })) seen.push(greeting);
  };
  await expect(read()).rejects.toMatchObject({ code: 'TEST-LEASE-LOST' });
  expect(seen).toEqual(['one']);
});

test('an uncoded error of a handler arrives as a bug, without its stack', async () => {
  const client = connect(
    await serve({
      greet: async () => {
        throw new TypeError('x is undefined');
      },
    }),
  );
  await expect(client.greet({ name: 'x' })).rejects.toMatchObject({
    code: 'INTERNAL',
    class: 'bug',
    grpcStatus: 'INTERNAL',
  });
});

test.each([
  ['Forbidden', 'FAILED_PRECONDITION', 'GRPC-KUBERNETES-FORBIDS'],
  ['Unavailable', 'UNAVAILABLE', 'GRPC-KUBERNETES-AWAY'],
  ['NotFound', 'INTERNAL', 'INTERNAL'],
] as const)('what Kubernetes tells a service with %s is %s for its caller', async (told, grpcStatus, code) => {
  const error = new KubeError(told, 'so says the API server');
  const client = connect(await serve({ greet: () => Promise.reject(error) }));
  const message = expect.stringContaining('so says the API server');
  await expect(client.greet({ name: 'x' })).rejects.toMatchObject({ grpcStatus, code, message });
});

test('the request id of the caller reaches the handler, and one is made when there is none', async () => {
  const ids: string[] = [];
  const client = connect(
    await serve({
      greet: async (_request, { requestId }) => {
        ids.push(requestId);
        return {};
      },
    }),
  );
  await client.greet({}, { requestId: 'req-1' });
  await client.greet({});
  expect(ids[0]).toBe('req-1');
  expect(ids[1]).toMatch(/^[0-9a-f-]{36}$/);
});

test('every unary call has a deadline that the handler can see, and one that passes is named', async () => {
  const seen: (number | undefined)[] = [];
  const client = connect(
    await serve({
      greet: async (_request, { deadline, signal }) => {
        seen.push(deadline);
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        return {};
      },
    }),
  );
  const began = Date.now();
  // A busy machine may not even get through to the handler in so short a time.
  await eventually(async () => {
    await expect(client.greet({}, { timeoutMs: 80 })).rejects.toMatchObject({
      code: 'GRPC-DEADLINE',
      grpcStatus: 'DEADLINE_EXCEEDED',
    });
    return seen[0];
  });
  expect(seen[0]).toBeGreaterThan(began);
});

test('aborting a call cancels the handler', async () => {
  let call: Call | undefined;
  const client = connect(
    await serve({
      greet: async (_request, given) => {
        call = given;
        await new Promise((resolve) => given.signal.addEventListener('abort', resolve));
        return {};
      },
    }),
  );
  const stop = new AbortController();
  const failed = expect(client.greet({}, { signal: stop.signal })).rejects.toMatchObject({ code: 'GRPC-CANCELLED' });
  await eventually(() => call);
  stop.abort();
  await failed;
  await eventually(() => call?.signal.aborted);
});

test('leaving a stream early cancels its generator', async () => {
  let ended = false;
  const client = connect(
    await serve({
      count: async function* (_request, { signal }) {
        try {
          for (let at = 0; !signal.aborted; at++) {
            yield { greeting: String(at) };
            await new Promise((resolve) => setTimeout(resolve, 5));
          }
        } finally {
          ended = true;
        }
      },
    }),
  );
  for await (const { greeting } of client.count({})) if (greeting === '2') break;
  await eventually(() => ended);
});

test('a reader that is behind holds its generator back', async () => {
  let produced = 0;
  const client = connect(
    await serve({
      count: async function* () {
        for (; produced < 2_000; produced++) yield { greeting: 'x'.repeat(64 * 1024) };
      },
    }),
  );
  let read = 0;
  for await (const _message of client.count({})) {
    if (++read === 3) await new Promise((resolve) => setTimeout(resolve, 300));
    if (read === 4) break;
  }
  expect(produced).toBeLessThan(1_000);
});

test('messages of tens of MiB pass', async () => {
  const client = connect(await serve({}));
  const name = 'x'.repeat(30 * 1024 * 1024);
  const { greeting } = await client.greet({ name });
  expect(greeting.length).toBe(name.length + 6);
});

test('a server that is not there is a transient failure that names the method', async () => {
  const client = grpcClient(GreetingService, '127.0.0.1:1');
  cleanUps.push(() => client.close());
  await expect(client.greet({})).rejects.toMatchObject({ code: 'GRPC-UNREACHABLE', class: 'transient' });
});

test('a stopping server lets unary calls finish and ends streams', async () => {
  const [begun, stopping] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const server = await serve({
    greet: async () => {
      begun.resolve();
      await stopping.promise;
      return { greeting: 'finished' };
    },
    count: async function* (_request, { signal }) {
      yield { greeting: 'open' };
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    },
  });
  const client = connect(server);
  const stream = client.count({})[Symbol.asyncIterator]();
  await stream.next();
  const unary = client.greet({});
  await begun.promise;
  const ended = stream.next().catch((error: unknown) => error);
  const stopped = server.stop();
  stopping.resolve();
  await stopped;
  cleanUps.shift();
  await expect(unary).resolves.toMatchObject({ greeting: 'finished' });
  expect(await ended).toMatchObject({ code: 'GRPC-UNREACHABLE', class: 'transient' });
});

test.each(['0.0.0.0:0', ':0', '10.1.2.3:9000'])('%s is refused without authentication', async (listen) => {
  await expect(serve({}, { listen })).rejects.toMatchObject({ code: 'GRPC-OPEN-SERVER', class: 'config' });
});

test('a client refuses plaintext to another machine', () => {
  expect(() => grpcClient(GreetingService, 'ironic.example:6386')).toThrow(
    expect.objectContaining({ code: 'GRPC-PLAINTEXT' }),
  );
});

test('a method that names no role is for our own services only', () => {
  expect(roleOf(Health.method.check)).toBe('service');
  expect(roleOf(GreetingService.method.greet)).toBe('reader');
});

test('tokens decide who may read, who may change, and strangers are refused', async () => {
  const asked: string[] = [];
  const server = await serve(
    {},
    { readers: ['alice'], operators: ['bob'], services: ['group:system:ours'] },
    {
      tokens: {
        async authenticate(token) {
          asked.push(token);
          const users: Record<string, readonly [string, readonly string[]]> = {
            'token-alice': ['alice', []],
            'token-bob': ['bob', []],
            'token-us': ['pxe', ['system:ours']],
          };
          const user = users[token];
          return user === undefined ? undefined : { kind: 'token', name: user[0], groups: user[1] };
        },
      },
    },
  );
  const raw = new Client(server.address, credentials.createInsecure());
  cleanUps.push(() => raw.close());
  const call = (method: 'greet' | 'shout' | 'count', token: string | undefined) =>
    new Promise<string>((resolve) => {
      const metadata = new Metadata();
      if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
      const { path, requestSerialize, responseDeserialize } = methodDefinition(GreetingService.method[method]);
      raw.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        { name: 'x' },
        metadata,
        (error: ServiceError | null) => resolve(error === null ? 'ok' : String(error.code)),
      );
    });
  expect(await call('greet', undefined)).toBe('16');
  expect(await call('greet', 'nonsense')).toBe('16');
  expect(await call('greet', 'token-alice')).toBe('ok');
  expect(await call('shout', 'token-alice')).toBe('7');
  expect(await call('shout', 'token-bob')).toBe('ok');
  expect(await call('shout', 'token-us')).toBe('ok');
  expect(asked.filter((token) => token === 'token-alice')).toHaveLength(1);
});

test('a server that cannot find out whose token it is says why, and what helps', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'grpc-token-'));
  cleanUps.push(() => rmSync(folder, { recursive: true }));
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, 'any');
  const authenticate = () => Promise.reject(new Error('tokenreviews.authentication.k8s.io is forbidden'));
  const client = connect(await serve({}, {}, { tokens: { authenticate } }), tokenFile);
  await expect(client.greet({ name: 'x' })).rejects.toMatchObject({
    code: 'GRPC-UNIDENTIFIED',
    grpcStatus: 'UNAVAILABLE',
    message: expect.stringContaining('tokenreviews.authentication.k8s.io is forbidden'),
    remedy: expect.stringContaining('system:auth-delegator'),
  });
});

test('the health service needs no authentication and says whether the service is ready', async () => {
  const server = await serve({}, {}, { tokens: { authenticate: async () => undefined } });
  const client = grpcClient(Health, server.address);
  cleanUps.push(() => client.close());
  // The test's service has not finished starting.
  await expect(client.check({})).resolves.toEqual(create(HealthCheckResponseSchema, { status: 2 }));
  await expect(client.check({ service: 'nobody' })).rejects.toMatchObject({ grpcStatus: 'NOT_FOUND' });
});
