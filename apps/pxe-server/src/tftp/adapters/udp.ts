import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { OpenDatagrams } from '../ports.ts';

/** Node's own sockets. Errors of sending (no route, port unreachable) concern one client and are passed over. */
export const udpDatagrams: OpenDatagrams = {
  async open({ host, port }, received) {
    const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', recvBufferSize: 1 << 20 });
    socket.on('message', (bytes, from) => received(bytes, from.port, from.address));
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(port, host, () => {
        socket.off('error', reject);
        socket.on('error', () => {});
        resolve();
      });
    });
    const bound = socket.address();
    let open = true;
    return {
      address: { host: bound.address, port: bound.port },
      send: (bytes, to, address) => {
        if (open) socket.send(bytes, to, address, ignored);
      },
      close() {
        if (open) socket.close();
        open = false;
      },
    };
  },
};

const ignored = () => {};
