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
  poolNotFound: {
    code: 'ADDRESS-POOL-NOT-FOUND',
    class: 'permanent',
    grpcStatus: 'NOT_FOUND',
    httpStatus: 404,
    remedy: 'Check the namespace and the name of the pool, or create the IPPool first.',
  },
  incomplete: {
    code: 'ADDRESS-REQUEST-INCOMPLETE',
    class: 'permanent',
    remedy: 'Give the field that the message names.',
  },
  invalid: {
    code: 'ADDRESS-REQUEST-INVALID',
    class: 'permanent',
    remedy: 'Correct the field that the message names.',
  },
  otherPool: {
    code: 'ADDRESS-CLAIM-OF-OTHER-POOL',
    class: 'conflict',
    remedy: 'Choose another claim name, or release the claim first.',
  },
  otherRequest: {
    code: 'ADDRESS-CLAIM-OF-OTHER-REQUEST',
    class: 'conflict',
    remedy: 'Choose another claim name, release the claim first, or repeat the call as it was made.',
  },
  changed: {
    code: 'ADDRESS-CHANGED',
    class: 'conflict',
    remedy: 'Read the address again and decide afresh.',
  },
  beingReleased: {
    code: 'ADDRESS-BEING-RELEASED',
    class: 'conflict',
    remedy: 'Try again once the claim has gone, or choose another claim name.',
  },
  refused: {
    code: 'ADDRESS-REFUSED',
    class: 'transient',
    grpcStatus: 'RESOURCE_EXHAUSTED',
    httpStatus: 409,
    remedy:
      'Release addresses, extend the pool or ask for another address; the claim stays and is served as soon as it can be.',
  },
  onHold: {
    code: 'ADDRESS-ON-HOLD',
    class: 'transient',
    grpcStatus: 'FAILED_PRECONDITION',
    httpStatus: 409,
    remedy: 'Unpause what the message names, or make the Cluster; the claim stays and is served then.',
  },
});
