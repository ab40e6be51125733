/** On machines until they have given their host back, and on their data claims until then. */
export const machineFinalizer = 'metal3machine.infrastructure.cluster.x-k8s.io';
