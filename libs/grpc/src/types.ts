import type {
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf';
import type { Logger } from '@metal3/service';

/** What a caller may do; from the proto option `metal3.options.v1.role`. */
export type RoleName = 'reader' | 'operator' | 'service';

/** Who is calling. */
export interface Principal {
  readonly kind: 'anonymous' | 'certificate' | 'token' | 'local';
  /** Common name of the client certificate or user name of the token (`system:serviceaccount:ns:name`); `local` on loopback. */
  readonly name: string;
  readonly groups: readonly string[];
}

/** What a handler knows of the call besides the request. */
export interface Call {
  /** `/metal3.ironic.v1.NodeService/GetNode` */
  readonly method: string;
  /** Aborts when the caller cancels, its deadline passes, or the server stops. */
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch; undefined when the caller set none. */
  readonly deadline: number | undefined;
  /** From the caller's `x-request-id`, or new; pass it on to the calls made on behalf of this one. */
  readonly requestId: string;
  readonly principal: Principal;
  /** Carries the request id. */
  readonly log: Logger;
}

/** The methods of a service as their implementation writes them: unary ones return a promise, streaming ones are async generators. */
export type ServiceMethods<Service extends DescService> = {
  readonly [Name in keyof Service['method']]: Service['method'][Name] extends DescMethodUnary<infer In, infer Out>
    ? (request: MessageShape<In>, call: Call) => Promise<MessageInitShape<Out>> | MessageInitShape<Out>
    : Service['method'][Name] extends DescMethodServerStreaming<infer In, infer Out>
      ? (request: MessageShape<In>, call: Call) => AsyncIterable<MessageInitShape<Out>>
      : never;
};

/** A service with its methods, ready for `grpcServer`. Made by `implement`. */
export interface ServiceImplementation {
  readonly service: DescService;
  readonly methods: Readonly<Record<string, unknown>>;
}

/** Pairs a contract with its methods, checked by the compiler. */
export function implement<Service extends DescService>(
  service: Service,
  methods: ServiceMethods<Service>,
): ServiceImplementation {
  return { service, methods };
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds this call may take; unary calls have 30 000 by default, streams none. */
  readonly timeoutMs?: number;
  /** Passed on as `x-request-id`; new when left out. */
  readonly requestId?: string;
  /** Wait for the server to come up (within the deadline) instead of failing at once when it cannot be reached. */
  readonly waitForReady?: boolean;
}

/** A typed client. Calls reject with a CodedError: the server's own, or one of `grpcErrors`. */
export type GrpcClient<Service extends DescService> = {
  readonly [Name in keyof Service['method']]: Service['method'][Name] extends DescMethodUnary<infer In, infer Out>
    ? (request: MessageInitShape<In>, options?: CallOptions) => Promise<MessageShape<Out>>
    : Service['method'][Name] extends DescMethodServerStreaming<infer In, infer Out>
      ? (request: MessageInitShape<In>, options?: CallOptions) => AsyncIterable<MessageShape<Out>>
      : never;
} & {
  /** Ends the connection; calls in flight fail with CANCELLED. */
  close(): void;
};
