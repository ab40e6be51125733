import { errorTable } from '@metal3/service';

/** Failures of the HostService, as callers see them. */
export const hostServiceErrors = errorTable({
  forbidden: {
    code: 'HOST-FORBIDDEN',
    class: 'auth',
    grpcStatus: 'PERMISSION_DENIED',
    httpStatus: 403,
    remedy: 'Bind the caller to a Role that allows this verb on baremetalhosts.',
  },
  notFound: {
    code: 'HOST-NOT-FOUND',
    class: 'permanent',
    grpcStatus: 'NOT_FOUND',
    httpStatus: 404,
    remedy: 'Check namespace and name.',
  },
  changed: {
    code: 'HOST-CHANGED',
    class: 'conflict',
    remedy: 'Read the host again and decide afresh.',
  },
});
