import { grpcClient, type GrpcClient, type GrpcTarget } from '@metal3/grpc';
import { type Address, AddressService } from './gen/metal3/ipam/v1/address_service_pb.ts';

export * from './gen/metal3/ipam/v1/address_service_pb.ts';

export type AddressClient = GrpcClient<typeof AddressService>;

/** Addresses of IPPools, as ipam serves them. */
export const addressClient = (target: GrpcTarget): AddressClient => grpcClient(AddressService, target);

/**
 * All addresses, read page by page.
 *
 * @param selection namespace and pool; empty or left out for all
 */
export async function* allAddresses(
  client: Pick<AddressClient, 'listAddresses'>,
  selection: { readonly namespace?: string; readonly pool?: string; readonly pageSize?: number } = {},
): AsyncGenerator<Address> {
  let pageToken = '';
  do {
    const page = await client.listAddresses({ ...selection, pageToken });
    yield* page.addresses;
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
}
