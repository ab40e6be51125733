import { implement, type ServiceImplementation } from '@metal3/grpc';
import { AddressService } from '@metal3/ipam-client';
import { addressMethods } from './addresses.ts';
import { allocationMethods } from './allocation.ts';
import { explanationMethods } from './explanation.ts';
import type { AddressServiceParts } from './methods.ts';
import { poolMethods } from './pools.ts';
import { releaseMethods } from './release.ts';

/** Addresses by gRPC, through the same objects as with kubectl, so that both ways agree. */
export function addressService(parts: AddressServiceParts): ServiceImplementation {
  return implement(AddressService, {
    ...addressMethods(parts),
    ...allocationMethods(parts),
    ...releaseMethods(parts),
    ...poolMethods(parts),
    ...explanationMethods(parts),
  });
}
