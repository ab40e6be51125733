import type { Server, Socket } from 'node:net';

export interface ConnectionLimits {
  /** Connections at a time, of all clients together. */
  readonly total: number;
  /** Connections at a time from one address. */
  readonly perClient: number;
}

export interface ConnectionGate {
  /** Lets connections of this server count; those over a limit are closed at once. */
  guard(server: Server): void;
  readonly open: number;
}

/** Why a connection was not taken. */
export type Refusal = 'total' | 'client';

/** Keeps one client, or many together, from taking every file descriptor. Servers that share a gate share its limits. */
export function connectionGate(limits: ConnectionLimits, onRefusal: (refusal: Refusal) => void): ConnectionGate {
  const byClient = new Map<string, number>();
  let open = 0;
  return {
    get open() {
      return open;
    },
    guard(server) {
      server.prependListener('connection', (socket: Socket) => {
        // Undefined when it is gone already.
        const client = socket.remoteAddress ?? '';
        const before = byClient.get(client) ?? 0;
        const refusal = open >= limits.total ? 'total' : before >= limits.perClient ? 'client' : undefined;
        if (refusal !== undefined) {
          onRefusal(refusal);
          socket.destroy();
          return;
        }
        open++;
        byClient.set(client, before + 1);
        socket.once('close', () => {
          open--;
          const left = (byClient.get(client) ?? 1) - 1;
          if (left === 0) byClient.delete(client);
          else byClient.set(client, left);
        });
      });
    },
  };
}
