export { invalidField as invalid } from '@metal3/kube-admission';

export const notAnAddress = 'is not a valid IP address';
