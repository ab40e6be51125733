import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Log } from '@metal3/kube-client';
import type { ServingCertificates } from './certificates/port.ts';
import { BadReview, type Webhook } from './webhook.ts';
import type { WebhookMetrics } from './webhook-metrics.ts';

export interface WebhookServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly certificates: ServingCertificates;
  readonly webhooks: readonly Webhook[];
  readonly log: Log;
  readonly metrics?: WebhookMetrics;
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
  readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3' | undefined;
  /** OpenSSL's names, separated by colons. Node's own choice if left out. */
  readonly ciphers?: string | undefined;
  /** Groups for key exchange, likewise. */
  readonly ecdhCurve?: string | undefined;
}

/** Serves webhooks over TLS; a part of a service. Runs on all replicas, leading or not. */
export interface WebhookServer {
  readonly name: string;
  /** Where it listens, once started. */
  readonly port: number;
  start(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
  ready(): string | undefined;
}

/** A request for a list of many large objects to be converted may be large; etcd keeps objects below 1.5 MiB. */
const bodyLimit = 32 * 1024 * 1024;
const keptAliveMs = 120_000;

/** The webhooks of a service at one HTTPS listener, whose certificate is replaced without closing connections. */
export function webhookServer(options: WebhookServerOptions): WebhookServer {
  const { certificates, ciphers, ecdhCurve, log, maxVersion, metrics, minVersion = 'TLSv1.2', webhooks } = options;
  const tls = {
    minVersion,
    ...(maxVersion !== undefined && { maxVersion }),
    ...(ciphers !== undefined && { ciphers }),
    ...(ecdhCurve !== undefined && { ecdhCurve }),
  };
  const byPath = new Map(webhooks.map((webhook) => [webhook.path, webhook]));
  let server: Server | undefined;
  let watching: Promise<void> = Promise.resolve();
  const sockets = new Set<Socket>();
  const underWay = new Set<Promise<void>>();

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = new URL(request.url ?? '/', 'https://webhook').pathname;
    const webhook = byPath.get(path);
    if (webhook === undefined || request.method !== 'POST')
      return reply(response, 404, { message: `no webhook at ${path}` });
    const began = performance.now();
    const done = (status: number, body: object): void => {
      reply(response, status, body);
      metrics?.answered({ path, status, durationMs: performance.now() - began });
    };
    try {
      done(200, await webhook.answer(JSON.parse(await bodyOf(request))));
    } catch (error) {
      const bad = error instanceof BadReview || error instanceof SyntaxError;
      if (!bad) log.error({ path, err: error }, 'a webhook failed');
      done(bad ? 400 : 500, { message: error instanceof Error ? error.message : String(error) });
    }
  };

  return {
    name: 'webhooks',
    get port() {
      return (server?.address() as AddressInfo | null | undefined)?.port ?? 0;
    },
    async start(signal) {
      const first = await certificates.current(signal);
      metrics?.serving(first.cert);
      server = createServer({ ...first, ...tls }, (request, response) => {
        const answering = respond(request, response).finally(() => underWay.delete(answering));
        underWay.add(answering);
      });
      // The API server keeps idle connections for 90 s. Were we first to close one, a review could be under way on it and fail.
      server.keepAliveTimeout = keptAliveMs;
      server.on('connection', (socket: Socket) => {
        sockets.add(socket);
        socket.once('close', () => sockets.delete(socket));
      });
      await new Promise<void>((resolve, reject) => {
        server?.once('error', reject);
        server?.listen(options.port, options.host, resolve);
      });
      watching = certificates.watch((next) => {
        server?.setSecureContext({ ...next, ...tls });
        metrics?.serving(next.cert);
        log.info({}, 'serving webhooks with a new certificate');
      }, signal);
    },
    async stop() {
      await watching;
      const closed = new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
      await Promise.allSettled(underWay);
      // The API server keeps connections open. Those whose handshake is not over are not among server.closeAllConnections().
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    ready: () => (server?.listening === true ? undefined : 'waiting for its certificate'),
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyLimit) throw new BadReview(`the review is larger than ${bodyLimit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
