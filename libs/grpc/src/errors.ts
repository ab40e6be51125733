import { errorTable } from '@metal3/service';

/** Failures of calls between services; the ones a server names itself arrive as themselves. */
export const grpcErrors = errorTable({
  unreachable: {
    code: 'GRPC-UNREACHABLE',
    class: 'transient',
    remedy: 'See that the service runs and that the address in the configuration is right; the call is tried again.',
  },
  deadline: {
    code: 'GRPC-DEADLINE',
    class: 'transient',
    grpcStatus: 'DEADLINE_EXCEEDED',
    httpStatus: 504,
    remedy: 'Look at the load and the log of the service that was called.',
  },
  cancelled: {
    code: 'GRPC-CANCELLED',
    class: 'transient',
    grpcStatus: 'CANCELLED',
    httpStatus: 499,
    remedy: 'Nothing to do: the caller stopped waiting.',
  },
  failed: {
    code: 'GRPC-FAILED',
    class: 'bug',
    remedy: 'Look at the log of the service that was called, under the request id.',
  },
  refused: {
    code: 'GRPC-REFUSED',
    class: 'permanent',
    remedy: 'The other side does not accept this call; see the message.',
  },
  unauthenticated: {
    code: 'GRPC-UNAUTHENTICATED',
    class: 'auth',
    remedy: 'Give the client a certificate or a token that the server accepts.',
  },
  forbidden: {
    code: 'GRPC-FORBIDDEN',
    class: 'auth',
    grpcStatus: 'PERMISSION_DENIED',
    httpStatus: 403,
    remedy: "Add the caller to the server's readers, operators or services.",
  },
  unidentified: {
    code: 'GRPC-UNIDENTIFIED',
    class: 'transient',
    remedy:
      'See that the API server is up, and that the service may create tokenreviews and subjectaccessreviews there (ClusterRole system:auth-delegator).',
  },
  kubernetesForbids: {
    code: 'GRPC-KUBERNETES-FORBIDS',
    class: 'config',
    remedy:
      "Give the service's account the right that the message names (the chart's roles have it; to review callers: ClusterRole system:auth-delegator), or raise the quota.",
  },
  kubernetesAway: {
    code: 'GRPC-KUBERNETES-AWAY',
    class: 'transient',
    remedy: 'See that the API server is up and that the service reaches it; then call again.',
  },
  openServer: {
    code: 'GRPC-OPEN-SERVER',
    class: 'config',
    remedy: 'Set tlsCertFile, tlsKeyFile and tlsClientCaFile, or listen on 127.0.0.1.',
  },
  plaintext: {
    code: 'GRPC-PLAINTEXT',
    class: 'config',
    remedy: 'Set tlsCaFile for servers on other machines.',
  },
  tooLarge: {
    code: 'GRPC-TOO-LARGE',
    class: 'permanent',
    grpcStatus: 'RESOURCE_EXHAUSTED',
    httpStatus: 413,
    remedy: 'Send less at once; messages end at 64 MiB.',
  },
});
