import { createSocket, type Socket, type SocketOptions } from 'node:dgram';

import { formatIpv4, readIpv4, type Ipv4 } from '@metal3/dhcp';
import { bootErrors } from '../../errors.ts';
import type { DhcpSockets } from '../ports.ts';

/**
 * Sockets of a server on one interface, named by its address. Broadcasts of clients arrive at a socket bound to the broadcast address;
 * what is sent to this machine, and everything that leaves, goes through one bound to the interface's own address: Linux sends a
 * limited broadcast out of the interface that has the source address. Broadcasts that came in on other interfaces cannot be told
 * apart (Node has no SO_BINDTODEVICE); they are answered on this one, where nobody waits for them.
 */
export function dhcpUdp(
  listen: string,
  ports: { readonly server: number; readonly proxy: number | undefined },
): DhcpSockets {
  const link: Ipv4 = readIpv4(listen) ?? 0;
  const sockets: Socket[] = [];
  let own: Socket | undefined;

  function bind(address: string, port: number, received: (bytes: Buffer, host: string, port: number) => void) {
    const socket = createSocket({ type: 'udp4', reuseAddr: true, recvBufferSize: 4 << 20, lookup: asItIs });
    sockets.push(socket);
    socket.on('message', (bytes, from) => received(bytes, from.address, from.port));
    return new Promise<Socket>((resolve, reject) => {
      socket.once('error', (cause) =>
        reject(bootErrors.socket(`cannot listen on UDP ${address}:${port}: ${cause.message}`, { cause })),
      );
      socket.bind(port, address, () => {
        socket.removeAllListeners('error');
        socket.on('error', () => {});
        resolve(socket);
      });
    });
  }

  return {
    async open(received) {
      const take = (bytes: Buffer, fromHost: string, fromPort: number) => received({ bytes, fromHost, fromPort, link });
      own = await bind(listen, ports.server, take);
      own.setBroadcast(true);
      await bind('255.255.255.255', ports.server, take);
      if (ports.proxy !== undefined) {
        const proxy = await bind(listen, ports.proxy, take);
        proxy.setBroadcast(true);
      }
    },
    send(bytes, { host, port }, from) {
      if (from !== link) throw new Error(`${formatIpv4(from)} is not an address that this server listens on`);
      own?.send(bytes, port, host);
    },
    close() {
      own = undefined;
      for (const socket of sockets.splice(0)) socket.close();
    },
  };
}

/** All that is sent to is addresses; Node would put each into the queue of its resolver. */
const asItIs: NonNullable<SocketOptions['lookup']> = (host, _options, callback) => callback(null, host, 4);
