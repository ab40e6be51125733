import type { DescService } from '@bufbuild/protobuf';
import type { GrpcClientSettings } from './settings.ts';
import type { GrpcClient } from './types.ts';

/**
 * A typed client of a service.
 * @param target `host:port`, or the settings of the connection
 */
export declare function grpcClient<Service extends DescService>(
  service: Service,
  target: string | (Partial<GrpcClientSettings> & { readonly address: string }),
): GrpcClient<Service>;
