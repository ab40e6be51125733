import { errorTable } from '@metal3/service';

/** Failures of the MachineService, as callers see them. */
export const machineServiceErrors = errorTable({
  forbidden: {
    code: 'MACHINE-FORBIDDEN',
    class: 'auth',
    grpcStatus: 'PERMISSION_DENIED',
    httpStatus: 403,
    remedy: 'Bind the caller to a Role that allows this verb on metal3machines.',
  },
  notFound: {
    code: 'MACHINE-NOT-FOUND',
    class: 'permanent',
    grpcStatus: 'NOT_FOUND',
    httpStatus: 404,
    remedy: 'Check the namespace and the name of the Metal3Machine.',
  },
});
