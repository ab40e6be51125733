import { grpcServerSettings } from '@metal3/grpc';
import { duration, serviceSettings } from '@metal3/service';
import { Type, type Static } from 'typebox';

/** Settings of pxe-server: environment, flags and file. */
export const pxeServerConfig = Type.Object({
  service: serviceSettings,
  grpc: grpcServerSettings,
  ironicApi: Type.Object({
    address: Type.String({
      env: ['IRONIC_API_ADDRESS'],
      flag: 'ironic-api',
      description: 'host:port of ironic-api (gRPC), whose boot entries are served',
    }),
    tlsCaFile: Type.String({
      default: '',
      description: 'Certificate authority of ironic-api (PEM); empty for plaintext',
    }),
    tlsCertFile: Type.String({ default: '', description: 'Client certificate for ironic-api (PEM)' }),
    tlsKeyFile: Type.String({ default: '', description: 'Private key of the client certificate (PEM)' }),
    tokenFile: Type.String({ default: '', description: 'File with the bearer token for ironic-api' }),
  }),
  http: Type.Object({
    listen: Type.String({
      default: '127.0.0.1:6180',
      env: ['PXE_HTTP_LISTEN', 'HTTP_LISTEN'],
      description: 'host:port that machines and BMCs fetch from; port 0 takes a free one',
    }),
    url: Type.String({
      default: '',
      env: ['PXE_HTTP_URL', 'IRONIC_EXTERNAL_HTTP_URL'],
      flag: 'http-url',
      description:
        'Base URL of this listener as machines and BMCs reach it; empty for http://<the address listened on>',
    }),
    portFile: Type.String({
      default: '',
      description: 'File to which the address is written once the server listens; empty for none',
    }),
  }),
  agent: Type.Object({
    kernels: Type.Array(Type.String(), {
      default: [],
      env: ['DEPLOY_KERNEL_BY_ARCH'],
      description: 'Kernel for entries that name none, as architecture=URL; a bare URL is for every architecture',
    }),
    ramdisks: Type.Array(Type.String(), {
      default: [],
      env: ['DEPLOY_RAMDISK_BY_ARCH'],
      description: 'Ramdisk for entries that name none, as architecture=URL',
    }),
    espImages: Type.Array(Type.String(), {
      default: [],
      env: ['BOOTLOADER_BY_ARCH'],
      description: 'EFI system partition image with the UEFI boot loader, as architecture=URL',
    }),
    isolinux: Type.String({
      default: '',
      description: 'Folder with isolinux.bin and its .c32 modules, for BIOS machines; empty for none',
    }),
    recheck: duration({
      default: '30s',
      description:
        'How long a fetched kernel or ramdisk counts as fresh before the server is asked whether it has changed',
    }),
  }),
  cache: Type.Object({
    folder: Type.String({
      default: 'pxe-cache',
      env: ['PXE_CACHE_FOLDER'],
      description: 'Where fetched files are kept; may be emptied while pxe-server is stopped',
    }),
    maxSize: Type.Integer({
      default: 20 * 1024 * 1024 * 1024,
      minimum: 1024 * 1024,
      description: 'Bytes the cache may take; the files used longest ago go first',
    }),
    fileRoots: Type.Array(Type.String(), {
      default: ['/shared/html'],
      description: 'Folders whose files may be named by file:// URLs',
    }),
    stallTimeout: duration({
      default: '60s',
      description: 'A download that brings nothing for this long is given up',
    }),
  }),
});

export type PxeServerConfig = Static<typeof pxeServerConfig>;
