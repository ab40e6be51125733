import { grpcClient, type GrpcClient, type GrpcTarget } from '@metal3/grpc';
import { HostService } from './gen/metal3/host/v1/host_service_pb.ts';

export * from './gen/metal3/host/v1/host_service_pb.ts';

export type HostClient = GrpcClient<typeof HostService>;

/** BareMetalHosts, as bmo serves them. */
export const hostClient = (target: GrpcTarget): HostClient => grpcClient(HostService, target);
