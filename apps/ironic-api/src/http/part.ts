import type { FastifyInstance } from 'fastify';
import { parseListen, writeAddressFile, type Part } from '@metal3/service';

/** A REST server as a part of the service. */
export function httpPart(
  name: string,
  server: FastifyInstance,
  listen: string,
  portFile = '',
): Part & { readonly address: string } {
  let address = '';
  return {
    name,
    get address() {
      return address;
    },
    async start(_signal, { log }) {
      const { host, port } = parseListen(listen);
      await server.listen({ host, port });
      const bound = server.server.address();
      address = typeof bound === 'object' && bound !== null ? `${host}:${bound.port}` : listen;
      writeAddressFile(portFile, address);
      log.info({ listen: address }, `${name} listens`);
    },
    async stop() {
      await server.close();
    },
  };
}
