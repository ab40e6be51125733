import { grpcClient, type GrpcClient, type GrpcTarget } from '@metal3/grpc';
import { MachineService } from './gen/metal3/machine/v1/machine_service_pb.ts';

export * from './gen/metal3/machine/v1/machine_service_pb.ts';

export type MachineClient = GrpcClient<typeof MachineService>;

/** Metal3Machines, as capm3 serves them. */
export const machineClient = (target: GrpcTarget): MachineClient => grpcClient(MachineService, target);
