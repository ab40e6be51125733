import { errorTable } from '@metal3/service';

/** Failures of the AddressService, as callers see them. */
export const addressServiceErrors = errorTable({
  forbidden: {
    code: 'ADDRESS-FORBIDDEN',
    class: 'auth',
    grpcStatus: 'PERMISSION_DENIED',
    httpStatus: 403,
    remedy: 'Bind the caller to a Role that allows this verb on the kind that the message names.',
  },
  notFound: {
    code: 'ADDRESS-NOT-FOUND',
    class: 'permanent',
    grpcStatus: 'NOT_FOUND',
    httpStatus: 404,
    remedy: 'Check the namespace and the name of the address or of its claim.',
  },
  incomplete: {
    code: 'ADDRESS-REQUEST-INCOMPLETE',
    class: 'permanent',
    remedy: 'Give the field that the message names.',
  },
  otherPool: {
    code: 'ADDRESS-CLAIM-OF-OTHER-POOL',
    class: 'conflict',
    remedy: 'Choose another claim name, or release the claim first.',
  },
  refused: {
    code: 'ADDRESS-REFUSED',
    class: 'transient',
    grpcStatus: 'RESOURCE_EXHAUSTED',
    httpStatus: 409,
    remedy:
      'Release addresses, extend the pool or ask for another address; the claim stays and is served as soon as it can be.',
  },
});
