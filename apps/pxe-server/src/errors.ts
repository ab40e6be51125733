import { errorTable } from '@metal3/service';

/** What can go wrong when machines boot. */
export const bootErrors = errorTable({
  entryUnknown: {
    code: 'BOOT-ENTRY-UNKNOWN',
    class: 'transient',
    remedy:
      'Ask again; this replica has not seen the boot entry yet. If it persists look at the connection to ironic-api.',
  },
  noMedium: {
    code: 'BOOT-NO-MEDIUM',
    class: 'permanent',
    grpcStatus: 'FAILED_PRECONDITION',
    remedy: 'Nothing to do: this machine boots from its disk.',
  },
  filesMissing: {
    code: 'BOOT-FILES-MISSING',
    class: 'config',
    remedy: 'Set deploy_kernel and deploy_ramdisk of the node, or agent.kernels and agent.ramdisks of pxe-server.',
  },
  urlUnknown: {
    code: 'BOOT-URL-UNKNOWN',
    class: 'config',
    remedy: 'Set http.url to the base URL under which machines and BMCs reach pxe-server.',
  },
  loader: {
    code: 'BOOT-LOADER-INVALID',
    class: 'config',
    remedy: 'Write firmware=file, for example efi-x86_64=snponly.efi.',
  },
  dhcpSettings: {
    code: 'BOOT-DHCP-SETTINGS',
    class: 'config',
    remedy: 'Correct the setting that the message names; docs/network-boot.md has examples.',
  },
  socket: {
    code: 'BOOT-SOCKET',
    class: 'config',
    remedy:
      'See that the address belongs to this machine, that nothing else uses the port, and that the process may bind it (NET_BIND_SERVICE).',
  },
  noConfigDrive: {
    code: 'BOOT-NO-CONFIG-DRIVE',
    class: 'permanent',
    grpcStatus: 'FAILED_PRECONDITION',
    httpStatus: 404,
    remedy: 'Deploy the node with a configdrive, and by deploy interface ramdisk: others write it to the disk.',
  },
  configDrive: {
    code: 'BOOT-CONFIG-DRIVE',
    class: 'permanent',
    grpcStatus: 'FAILED_PRECONDITION',
    httpStatus: 404,
    remedy: 'Post configdrive as an object, as base64 of a gzipped image of at most 64 MiB, or as the URL of one.',
  },
  filesLoading: {
    code: 'BOOT-FILES-LOADING',
    class: 'transient',
    remedy: 'Ask again; kernel and ramdisk are being fetched.',
  },
});

/** What can go wrong with the HTTP server itself. */
export const httpErrors = errorTable({
  tlsFiles: {
    code: 'HTTP-TLS-FILES',
    class: 'config',
    remedy: 'Point https.certFile and https.keyFile to a certificate chain and its private key, both PEM.',
  },
});

/** What can go wrong with files that are fetched. */
export const imageErrors = errorTable({
  unreachable: {
    code: 'IMAGE-UNREACHABLE',
    class: 'transient',
    remedy: 'See that the server of the image can be reached from pxe-server.',
  },
  absent: {
    code: 'IMAGE-ABSENT',
    class: 'permanent',
    grpcStatus: 'NOT_FOUND',
    httpStatus: 404,
    remedy: 'Correct the URL, or put the image there.',
  },
  refused: {
    code: 'IMAGE-REFUSED',
    class: 'permanent',
    grpcStatus: 'FAILED_PRECONDITION',
    remedy: 'See that the server gives the image to anybody who asks.',
  },
  checksum: {
    code: 'IMAGE-CHECKSUM-MISMATCH',
    class: 'permanent',
    grpcStatus: 'DATA_LOSS',
    remedy: 'Correct the checksum, or replace the image.',
  },
  checksumFile: {
    code: 'IMAGE-CHECKSUM-UNREADABLE',
    class: 'permanent',
    remedy: 'Give the hex digest, or the URL of a file that lists it beside the name of the image.',
  },
  notAllowed: {
    code: 'IMAGE-PATH-NOT-ALLOWED',
    class: 'config',
    remedy: 'Put the file below one of cache.fileRoots, or serve it over HTTP.',
  },
  url: {
    code: 'IMAGE-URL-INVALID',
    class: 'permanent',
    remedy: 'Write an http://, https://, oci:// or file:// URL.',
  },
  tooLarge: {
    code: 'IMAGE-TOO-LARGE',
    class: 'config',
    grpcStatus: 'RESOURCE_EXHAUSTED',
    remedy: 'Raise cache.maxSize, or use a smaller image.',
  },
  noSpace: {
    code: 'IMAGE-NO-SPACE',
    class: 'config',
    grpcStatus: 'RESOURCE_EXHAUSTED',
    remedy:
      'Give the volume of cache.folder more space, or lower cache.maxSize below it so that old images make room in time.',
  },
  formatMismatch: {
    code: 'IMAGE-FORMAT-MISMATCH',
    class: 'permanent',
    grpcStatus: 'FAILED_PRECONDITION',
    remedy: 'Correct the format (image.format, image_disk_format), or replace the image.',
  },
  formatNotPermitted: {
    code: 'IMAGE-FORMAT-NOT-PERMITTED',
    class: 'permanent',
    grpcStatus: 'FAILED_PRECONDITION',
    remedy: 'Convert the image to qcow2 or raw, or add its format to images.permittedFormats.',
  },
  unsafe: {
    code: 'IMAGE-UNSAFE',
    class: 'permanent',
    grpcStatus: 'FAILED_PRECONDITION',
    remedy: 'Flatten the image into one self-contained file: qemu-img convert -O qcow2 OLD NEW.',
  },
  malformed: {
    code: 'IMAGE-MALFORMED',
    class: 'permanent',
    grpcStatus: 'DATA_LOSS',
    remedy: 'Check the image with qemu-img check, and upload it again whole.',
  },
  compression: {
    code: 'IMAGE-COMPRESSION',
    class: 'permanent',
    remedy: 'Compress with gzip or zstd, or not at all, and see that the file is whole.',
  },
  converterMissing: {
    code: 'IMAGE-CONVERTER-MISSING',
    class: 'config',
    remedy: 'Install qemu-img (Debian: qemu-utils), prlimit and setpriv (util-linux), or offer raw images.',
  },
  conversionFailed: {
    code: 'IMAGE-CONVERSION-FAILED',
    class: 'permanent',
    grpcStatus: 'FAILED_PRECONDITION',
    remedy: 'Check the image with qemu-img check.',
  },
  conversionLimit: {
    code: 'IMAGE-CONVERSION-LIMIT',
    class: 'config',
    grpcStatus: 'RESOURCE_EXHAUSTED',
    remedy: 'Raise images.convertMemory or images.convertCpu, or offer a raw image.',
  },
  timeout: {
    code: 'IMAGE-TIMEOUT',
    class: 'transient',
    remedy: 'Ask again: the download goes on where it stopped. Raise images.timeout for slow sources.',
  },
  jobDied: {
    code: 'IMAGE-JOB-DIED',
    class: 'transient',
    remedy: 'Ask again; if it persists look whether the system kills processes for want of memory.',
  },
  auth: {
    code: 'IMAGE-AUTH',
    class: 'auth',
    remedy: 'Give a pull secret that may read this image.',
  },
  oci: {
    code: 'IMAGE-OCI-UNSUITABLE',
    class: 'permanent',
    grpcStatus: 'FAILED_PRECONDITION',
    remedy: 'Push the disk image as an artefact with a single layer (oras push REPOSITORY:TAG FILE).',
  },
  inUse: {
    code: 'IMAGE-IN-USE',
    class: 'permanent',
    grpcStatus: 'FAILED_PRECONDITION',
    remedy: 'Wait until no machine boots from it.',
  },
  truncated: {
    code: 'IMAGE-TRUNCATED',
    class: 'transient',
    remedy: 'Ask again; the server ended the download early.',
  },
  operationUnknown: {
    code: 'IMAGE-OPERATION-UNKNOWN',
    class: 'permanent',
    grpcStatus: 'NOT_FOUND',
    httpStatus: 404,
    remedy: 'Start the operation again; operations are remembered for an hour, and only by the replica that runs them.',
  },
});
