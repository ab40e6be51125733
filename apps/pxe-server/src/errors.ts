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
  filesLoading: {
    code: 'BOOT-FILES-LOADING',
    class: 'transient',
    remedy: 'Ask again; kernel and ramdisk are being fetched.',
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
    remedy: 'Write an http://, https:// or file:// URL.',
  },
  tooLarge: {
    code: 'IMAGE-TOO-LARGE',
    class: 'config',
    grpcStatus: 'RESOURCE_EXHAUSTED',
    remedy: 'Raise cache.maxSize, or use a smaller image.',
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
