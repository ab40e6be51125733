import { duration, listenAddress } from '@metal3/service';
import { Type, type Static } from 'typebox';

/** The TFTP server: boot loaders for firmware that knows nothing better. */
export const tftpSettings = Type.Object({
  listen: listenAddress({
    default: '',
    description: 'host:port (usually 0.0.0.0:69) on which boot loaders are served by TFTP; empty for no TFTP',
  }),
  portFile: Type.String({
    default: '',
    description: 'File to which the address is written once the server listens; empty for none',
  }),
  root: Type.String({
    default: '',
    env: ['TFTP_ROOT'],
    description: 'Folder with further files to serve; empty for none',
  }),
  blockSize: Type.Integer({
    default: 1468,
    minimum: 512,
    maximum: 65_464,
    description: 'Largest block agreed to; 1468 bytes fit an Ethernet frame',
  }),
  windowSize: Type.Integer({
    default: 16,
    minimum: 1,
    maximum: 256,
    description: 'Most blocks sent before an acknowledgement is waited for (RFC 7440)',
  }),
  timeout: duration({ default: '1s', description: 'Wait for an acknowledgement before a block is sent again' }),
  sessions: Type.Integer({ default: 512, minimum: 1, maximum: 10_000, description: 'Most transfers at once' }),
  sessionsPerClient: Type.Integer({
    default: 8,
    minimum: 1,
    description: 'Most transfers at once to one address',
  }),
});

export type TftpSettings = Static<typeof tftpSettings>;
