import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { anyPack, anyUnpack } from '@bufbuild/protobuf/wkt';
import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { CodedError, toCodedError, type ErrorClass, type GrpcStatus, type RetryAdvice } from '@metal3/service';
import { grpcErrors } from './errors.ts';
import { ErrorInfoSchema, RequestInfoSchema } from './gen/google/rpc/error_details_pb.ts';
import { StatusSchema } from './gen/google/rpc/status_pb.ts';

/** Trailer of the rich error, google.rpc.Status. */
const detailsTrailer = 'grpc-status-details-bin';
const domain = 'metal3';
/** Trailers count against the peer's header limit (16 KiB by default), so a long message is cut. */
const longestMessage = 4_000;

/** Keys of ErrorInfo.metadata that carry a CodedError's own traits; everything else is its details. */
const traitKeys = new Set(['class', 'retry', 'http_status', 'condition_reason', 'remedy']);

/** How an error leaves a server. */
export function toServiceError(error: unknown, requestId: string): Partial<ServiceError> {
  const coded = toCodedError(error);
  const code = status[coded.grpcStatus];
  const message = coded.message.slice(0, longestMessage);
  const info = create(ErrorInfoSchema, {
    reason: coded.code,
    domain,
    metadata: {
      ...coded.details,
      class: coded.class,
      retry: coded.retry,
      http_status: String(coded.httpStatus),
      condition_reason: coded.conditionReason,
      remedy: coded.remedy,
    },
  });
  const details = [
    anyPack(ErrorInfoSchema, info),
    anyPack(RequestInfoSchema, create(RequestInfoSchema, { requestId })),
  ];
  const metadata = new Metadata();
  metadata.set(detailsTrailer, Buffer.from(toBinary(StatusSchema, create(StatusSchema, { code, message, details }))));
  return { code, details: message, metadata };
}

/** How an error arrives at a client: the server's CodedError again, or one of `grpcErrors` when the server named none. */
export function fromServiceError(error: unknown, method: string): CodedError {
  if (!isServiceError(error)) return toCodedError(error);
  return namedByServer(error) ?? byStatus(error, method);
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' && 'details' in error;
}

function namedByServer(error: ServiceError): CodedError | undefined {
  const [raw] = error.metadata?.get(detailsTrailer) ?? [];
  if (!(raw instanceof Uint8Array)) return undefined;
  const { message, details } = fromBinary(StatusSchema, raw);
  for (const detail of details) {
    const info = anyUnpack(detail, ErrorInfoSchema);
    if (info === undefined || info.domain !== domain) continue;
    const { metadata } = info;
    return new CodedError(
      {
        code: info.reason,
        class: (metadata['class'] ?? 'bug') as ErrorClass,
        retry: (metadata['retry'] ?? 'backoff') as RetryAdvice,
        grpcStatus: status[error.code] as GrpcStatus,
        httpStatus: Number(metadata['http_status'] ?? 500),
        ...(metadata['condition_reason'] === undefined ? {} : { conditionReason: metadata['condition_reason'] }),
        remedy: metadata['remedy'] ?? '',
      },
      message,
      { cause: error, details: Object.fromEntries(Object.entries(metadata).filter(([key]) => !traitKeys.has(key))) },
    );
  }
  return undefined;
}

function byStatus(error: ServiceError, method: string): CodedError {
  const sentence = `${method}: ${error.details}`;
  const options = { cause: error, details: { method } };
  switch (error.code) {
    case status.UNAVAILABLE:
      return grpcErrors.unreachable(sentence, options);
    case status.DEADLINE_EXCEEDED:
      return grpcErrors.deadline(sentence, options);
    case status.CANCELLED:
      return grpcErrors.cancelled(sentence, options);
    case status.UNAUTHENTICATED:
      return grpcErrors.unauthenticated(sentence, options);
    case status.PERMISSION_DENIED:
      return grpcErrors.forbidden(sentence, options);
    case status.RESOURCE_EXHAUSTED:
      return grpcErrors.tooLarge(sentence, options);
    case status.UNIMPLEMENTED:
    case status.INVALID_ARGUMENT:
    case status.FAILED_PRECONDITION:
    case status.NOT_FOUND:
    case status.ALREADY_EXISTS:
    case status.OUT_OF_RANGE: {
      const row = { ...grpcErrors.refused.row, grpcStatus: status[error.code] as GrpcStatus };
      return new CodedError(row, sentence, options);
    }
    default:
      return grpcErrors.failed(sentence, options);
  }
}
