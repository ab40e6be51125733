import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Endpoint, OpenDatagrams } from '../ports.ts';

/** Node's own sockets. Errors of sending (no route, port unreachable) concern one client and are passed over. */
export const udpDatagrams: OpenDatagrams = {
  async open(at, received) {
    const socket = await bound(at);
    socket.on('message', (bytes, from) => received(bytes, from.port, from.address));
    const { address: host, port } = socket.address();
    return {
      ...closing(socket),
      address: { host, port },
      send: (bytes, to, address) => socket.send(bytes, to, address, ignored),
    };
  },
  async openTo(host, peer, received) {
    const socket = await bound({ host, port: 0 });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.connect(peer.port, peer.host, () => {
        socket.off('error', reject);
        resolve();
      });
    });
    // What came before the socket was connected may be from anybody.
    socket.on('message', (bytes, from) => {
      if (from.port === peer.port && from.address === peer.host) received(bytes);
    });
    // Without a callback, for which Node would keep a place in its queue for every block; errors go to the socket's listener.
    return { ...closing(socket), send: (bytes) => socket.send(bytes) };
  },
};

function bound({ host, port }: Endpoint): Promise<Socket> {
  const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', recvBufferSize: 1 << 20 });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, host, () => {
      socket.off('error', reject);
      socket.on('error', ignored);
      resolve(socket);
    });
  });
}

function closing(socket: Socket): { close(): void } {
  let open = true;
  return {
    close() {
      if (open) socket.close();
      open = false;
    },
  };
}

const ignored = () => {};
