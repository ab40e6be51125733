/** On data, and on the address claims made for it, until the addresses have been given back. */
export const dataFinalizer = 'metal3data.infrastructure.cluster.x-k8s.io';
