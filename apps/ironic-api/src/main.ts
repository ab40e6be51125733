import { readFileSync } from 'node:fs';
import { grpcServer } from '@metal3/grpc';
import { redisHintQueue } from '@metal3/jobs';
import { conductorClient } from '@metal3/ironic-client';
import { openNodeStore, readOrCreateKey } from '@metal3/node-store';
import { loadConfig, startService, type Part } from '@metal3/service';
import { agentRateLimit } from './agent/rate-limit.ts';
import { assembleApi } from './api.ts';
import { basicAuthentication, noAuthentication } from './authentication/basic.ts';
import { htpasswdFile } from './authentication/htpasswd-file.ts';
import { conductorCalls } from './bmc/conductor-calls.ts';
import { ironicApiConfig } from './config.ts';
import { conductorDirectory } from './drivers/directory.ts';
import { httpPart } from './http/part.ts';
import { restServer } from './http/server.ts';
import { requestObserver } from './http/observe.ts';
import { requestTracer } from './http/trace.ts';
import { settingsOf } from './settings.ts';
import { translateError } from './store-faults.ts';

/** How old the answer of /readyz about the database may be. */
const readinessEveryMs = 5_000;

const config = loadConfig(ironicApiConfig, process.env, process.argv);
const service = startService('ironic-api', config);
const { log, clock, random } = service;

const store = await openNodeStore({
  url: config.store.url,
  key: await readOrCreateKey(config.store.keyFile),
  onError: (error) => log.warn({ error }, 'node store'),
}).catch((error: unknown) => {
  log.fatal({ error }, 'the node store cannot be opened');
  process.exit(1);
});
const directory = conductorDirectory({
  list: () => store.conductors.list(),
  now: () => clock.monotonic(),
  maxAgeMs: 1000,
});
const bmc = conductorCalls(directory, (address) => conductorClient({ ...config.conductors, address }));
const redis =
  config.redis.url === ''
    ? undefined
    : redisHintQueue({ url: config.redis.url, onEvent: ({ kind, message }) => log.warn({ kind }, message) });
const hints = {
  hint(nodeUuid: string, group: string) {
    if (redis?.state().connected === true) redis.hint(nodeUuid, group);
    else bmc.wake(nodeUuid, group);
  },
};

const api = assembleApi({ store, hints, directory, bmc, clock, random, settings: settingsOf(config) });

const limitAgents = agentRateLimit(config.agent.requestsPerSecond, () => clock.monotonic());
const agentPaths = new Set(api.agentRoutes.map((route) => route.path));
const tls =
  config.rest.tlsCertFile === ''
    ? undefined
    : { cert: readFileSync(config.rest.tlsCertFile, 'utf8'), key: readFileSync(config.rest.tlsKeyFile, 'utf8') };
const shared = {
  publicEndpoint: config.rest.publicEndpoint === '' ? undefined : config.rest.publicEndpoint.replace(/\/+$/, ''),
  translate: translateError,
  admit: (address: string, path: string) => {
    if (agentPaths.has(path)) limitAgents(address);
  },
  ...requestObserver(service),
  traced: requestTracer(service.tracer),
  ...(tls === undefined ? {} : { tls }),
};
const ownAgentListener = config.agent.listen !== '';
const operators = restServer({
  ...shared,
  routes: [...api.discoveryRoutes, ...api.routes, ...(ownAgentListener ? [] : api.agentRoutes)],
  authenticate:
    config.auth.strategy === 'noauth'
      ? noAuthentication
      : basicAuthentication(htpasswdFile(config.auth.htpasswdFile, log, () => clock.monotonic())),
});
const agents = restServer({
  ...shared,
  routes: [...api.discoveryRoutes, ...api.agentRoutes],
  authenticate: noAuthentication,
});

let storeProblem: string | undefined = 'has not been asked yet';
const lookAtStore = async (): Promise<void> => {
  try {
    await store.ping();
    storeProblem = undefined;
  } catch (error) {
    storeProblem = `the database does not answer: ${(error as Error).message}`;
  }
};
const adapters: Part = {
  name: 'node store',
  async start(signal) {
    await directory.current();
    await lookAtStore();
    void clock.every(readinessEveryMs, lookAtStore, signal);
  },
  ready: () => storeProblem,
  async stop() {
    bmc.close();
    await redis?.close();
    await store.close();
  },
};

await service.run(
  adapters,
  grpcServer(config.grpc, api.grpcServices),
  ...(ownAgentListener ? [httpPart('agent listener', agents, config.agent.listen)] : []),
  httpPart('REST API', operators, config.rest.listen, config.rest.portFile),
);
