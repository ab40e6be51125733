import { grpcClient, type GrpcClient, type GrpcTarget } from '@metal3/grpc';
import { AddressService } from './gen/metal3/ipam/v1/address_service_pb.ts';

export * from './gen/metal3/ipam/v1/address_service_pb.ts';

export type AddressClient = GrpcClient<typeof AddressService>;

/** Addresses of IPPools, as ipam serves them. */
export const addressClient = (target: GrpcTarget): AddressClient => grpcClient(AddressService, target);
