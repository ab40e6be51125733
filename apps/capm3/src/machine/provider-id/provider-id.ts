/** `metal3://<namespace>/<host>/<machine>`: the only form accepted on Nodes and machines. */
export function providerId(names: {
  readonly namespace: string;
  readonly host: string;
  readonly machine: string;
}): string {
  return `metal3://${names.namespace}/${names.host}/${names.machine}`;
}
