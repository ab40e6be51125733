import type { ServiceMethods } from '@metal3/grpc';
import type { AddressService } from '@metal3/ipam-client';
import type { KubeClient } from '@metal3/kube-client';
import type { IpamBooks } from '../books.ts';

export interface AddressServiceParts {
  readonly client: KubeClient;
  readonly books: IpamBooks;
}

/** Some methods of the service, by their names. */
export type Methods<Name extends keyof ServiceMethods<typeof AddressService>> = Pick<
  ServiceMethods<typeof AddressService>,
  Name
>;
