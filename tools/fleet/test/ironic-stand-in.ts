import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';

/** A request a machine sent. */
export interface Heard {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** The half of Ironic that agents talk to, and a web server for media; it remembers all it hears. */
export class IronicStandIn {
  readonly heard: Heard[] = [];
  readonly media = new Map<string, Buffer>();
  readonly nodeUuid = '11111111-2222-3333-4444-555555555555';
  token = 'a'.repeat(43);
  version = '1.115';
  heartbeatTimeout = 300;
  /** Overrides replies: gets a request, gives a status, or undefined for the usual reply. */
  answer: (heard: Heard) => number | undefined = () => undefined;
  /** Told of each heartbeat. */
  onHeartbeat: (heard: Heard) => void = () => undefined;
  /** Off for long runs. */
  remember = true;
  url = '';
  readonly #server = createServer();

  async start(): Promise<this> {
    this.#server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const url = new URL(request.url ?? '/', 'http://x');
        const text = Buffer.concat(chunks).toString('utf8');
        const heard: Heard = {
          method: request.method ?? '',
          path: url.pathname,
          query: url.searchParams,
          headers: request.headers,
          body: text === '' ? undefined : (JSON.parse(text) as unknown),
        };
        const file = this.media.get(url.pathname);
        if (file !== undefined) {
          const [, from = '0', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
          const end = Math.min(to === '' ? file.length - 1 : Number(to), file.length - 1);
          if (Number(from) >= file.length) return void response.writeHead(416).end();
          response.writeHead(request.headers.range === undefined ? 200 : 206, {
            'content-range': `bytes ${from}-${end}/${file.length}`,
          });
          return void response.end(file.subarray(Number(from), end + 1));
        }
        if (this.remember) this.heard.push(heard);
        if (heard.path.startsWith('/v1/heartbeat/')) this.onHeartbeat(heard);
        const [status, body] = this.#reply(heard);
        response
          .writeHead(status, { 'content-type': 'application/json' })
          .end(body === undefined ? '' : JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Resolves with the n-th request to a path, as soon as it has come. */
  async hear(path: string, count = 1): Promise<Heard> {
    for (let waited = 0; waited < 10_000; waited += 5) {
      const found = this.heard.filter((heard) => heard.path === path);
      const wanted = found[count - 1];
      if (wanted !== undefined) return wanted;
      await setTimeout(5);
    }
    throw new Error(
      `no request ${count} to ${path}; heard: ${this.heard.map((heard) => `${heard.method} ${heard.path}`).join(', ')}`,
    );
  }

  #reply(heard: Heard): [status: number, body?: unknown] {
    const refused = this.answer(heard);
    if (refused !== undefined) return [refused, { error_message: { faultstring: `refused with ${refused}` } }];
    if (heard.path === '/') return [200, { default_version: { id: 'v1', version: this.version } }];
    if (heard.path === '/v1/lookup') {
      const config = { heartbeat_timeout: this.heartbeatTimeout, agent_token: this.token, agent_token_required: true };
      return [
        200,
        { node: { uuid: this.nodeUuid, properties: {}, instance_info: {}, driver_internal_info: {} }, config },
      ];
    }
    if (heard.path.startsWith('/v1/heartbeat/')) return [202];
    if (heard.path === '/v1/continue_inspection') return [202, { uuid: this.nodeUuid }];
    return [404, {}];
  }
}
