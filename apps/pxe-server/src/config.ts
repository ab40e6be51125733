import { grpcServerSettings } from '@metal3/grpc';
import { duration, listenAddress, serviceSettings } from '@metal3/service';
import { Type, type Static } from 'typebox';
import { dutySettings } from './dhcp/duty-settings.ts';
import { dhcpSettings } from './dhcp/settings.ts';
import { dhcp6Settings } from './dhcp6/settings.ts';
import { ipxeSettings } from './ipxe/settings.ts';
import { tftpSettings } from './tftp/settings.ts';

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
    listen: listenAddress({
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
    maxConnections: Type.Integer({
      default: 4096,
      minimum: 1,
      description: 'Connections at a time, of all machines and BMCs together, over HTTP and HTTPS',
    }),
    maxConnectionsPerClient: Type.Integer({
      default: 512,
      minimum: 1,
      description:
        'Connections at a time from one address; all machines share one behind a gateway that translates addresses',
    }),
    stallTimeout: duration({
      default: '600s',
      description: 'A connection on which nothing moves for this long is closed; a BMC connects again when it goes on',
    }),
  }),
  https: Type.Object({
    listen: listenAddress({
      default: '',
      env: ['PXE_HTTPS_LISTEN', 'HTTPS_LISTEN'],
      description: 'host:port for the same over TLS; virtual media are then announced with https. Empty for none',
    }),
    url: Type.String({
      default: '',
      env: ['PXE_HTTPS_URL'],
      flag: 'https-url',
      description: 'Base URL of that listener as BMCs reach it; empty for https://<the address listened on>',
    }),
    portFile: Type.String({
      default: '',
      description: 'File to which the address is written once the server listens; empty for none',
    }),
    certFile: Type.String({
      default: '',
      env: ['PXE_TLS_CERT_FILE'],
      description: 'Server certificate with its chain (PEM); read again when it changes',
    }),
    keyFile: Type.String({ default: '', env: ['PXE_TLS_KEY_FILE'], description: 'Its private key (PEM)' }),
    minVersion: Type.Enum(['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'], {
      default: 'TLSv1.2',
      env: ['PXE_TLS_MIN_VERSION'],
      description: 'Oldest version of TLS that is spoken; BMCs of a certain age know nothing newer than TLSv1',
    }),
  }),
  dhcp: dhcpSettings,
  dhcpDuty: dutySettings,
  dhcp6: dhcp6Settings,
  tftp: tftpSettings,
  ipxe: ipxeSettings,
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
    httpLoaders: Type.Array(Type.String(), {
      default: [],
      env: ['HTTP_LOADER_BY_ARCH'],
      description:
        'UEFI program for firmware that boots over HTTP (iPXE, or a signed shim), as architecture=URL; served as boot.efi',
    }),
    isolinux: Type.String({
      default: '',
      description: 'Folder with isolinux.bin and its .c32 modules, for BIOS machines; empty for none',
    }),
    apiCaFile: Type.String({
      default: '',
      env: ['WEBSERVER_CACERT_FILE'],
      description: 'Certificate authority of the Ironic API (PEM), put on the media of agents; empty for none',
    }),
    liveIso: Type.Enum(['through', 'redirect'], {
      default: 'through',
      description:
        'through: ready-made ISOs are fetched once and served from here, since BMCs often follow no redirects and know no authorities; ' +
        'redirect: machines fetch them from their own server',
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
  images: Type.Object({
    permittedFormats: Type.Array(Type.String(), {
      default: ['raw', 'gpt', 'qcow2', 'iso'],
      env: ['IMAGE_PERMITTED_FORMATS'],
      description: 'Formats of operating system images that are taken; gpt is a raw disk with partitions',
    }),
    jobs: Type.Integer({ default: 2, minimum: 1, maximum: 64, description: 'Images fetched or converted at once' }),
    timeout: duration({ default: '7200s', description: 'How long one image may take' }),
    convertMemory: Type.Integer({
      default: 1024 * 1024 * 1024,
      minimum: 64 * 1024 * 1024,
      description: 'Bytes of memory that one conversion may use',
    }),
    convertCpu: Type.Integer({
      default: 1800,
      minimum: 1,
      description: 'Seconds of processor time that one conversion may use',
    }),
    insecureRegistries: Type.Array(Type.String(), {
      default: [],
      description: 'OCI registries (host:port) that are spoken to over plain HTTP',
    }),
  }),
});

export type PxeServerConfig = Static<typeof pxeServerConfig>;
