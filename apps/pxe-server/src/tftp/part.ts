import { parseListen, writeAddressFile, type Part, type Service } from '@metal3/service';
import { Counter, Gauge } from 'prom-client';
import { bootErrors } from '../errors.ts';
import { udpDatagrams } from './adapters/udp.ts';
import type { TftpFiles } from './ports.ts';
import { tftpServer, type TftpServer } from './server.ts';
import type { TftpSettings } from './settings.ts';

/** TFTP as a part of the service; does nothing when `tftp.listen` is empty. */
export function tftpPart(settings: TftpSettings, files: TftpFiles, service: Service): Part {
  const { listen, portFile, timeout, ...limits } = settings;
  if (listen === '') return { name: 'tftp', start: () => Promise.resolve(), stop: () => Promise.resolve() };
  const { clock, log, metrics } = service;
  let server: TftpServer | undefined;
  const requests = new Counter({
    name: 'pxe_tftp_requests_total',
    help: 'TFTP requests by how they ended',
    labelNames: ['outcome'],
    registers: [metrics],
  });
  const sent = new Counter({ name: 'pxe_tftp_sent_bytes_total', help: 'Bytes of files sent', registers: [metrics] });
  new Gauge({
    name: 'pxe_tftp_sessions',
    help: 'Transfers under way',
    registers: [metrics],
    collect() {
      this.set(server?.sessions ?? 0);
    },
  });
  return {
    name: 'tftp',
    async start() {
      const at = parseListen(listen);
      try {
        server = await tftpServer(at, {
          files,
          datagrams: udpDatagrams,
          clock,
          log,
          limits: { ...limits, timeoutMs: timeout },
          onEnd(outcome, { bytes }) {
            requests.inc({ outcome });
            sent.inc(bytes);
          },
        });
      } catch (cause) {
        throw bootErrors.socket(`cannot listen on UDP ${listen}: ${(cause as Error).message}`, { cause });
      }
      const { host, port } = server.address;
      const shown = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
      writeAddressFile(portFile, shown);
      log.info({ address: shown }, 'tftp listens');
    },
    stop() {
      server?.close();
      return Promise.resolve();
    },
  };
}
