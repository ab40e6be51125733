import { type InterfaceKind, showsMedium, speaksRedfish } from './interfaces.ts';
import { ipmiAddressProblem, readIpmiInfo } from './ipmi-info.ts';
import type { Node } from './node.ts';

/** Whether one interface could do its work with what is known of the node. */
export type InterfaceVerdict = { readonly result: true } | { readonly result: false; readonly reason: string };

/** In upstream's order. The vendor interface is not part of it. */
const reported: readonly InterfaceKind[] = [
  'boot',
  'deploy',
  'management',
  'network',
  'power',
  'bios',
  'console',
  'firmware',
  'inspect',
  'raid',
  'rescue',
  'storage',
];

/** An implementation of these names does nothing; upstream calls most of them unsupported. */
const unsupported = new Set(['no-bios', 'no-console', 'no-inspect', 'no-raid', 'no-rescue', 'no-vendor']);

const good: InterfaceVerdict = { result: true };
const bad = (reason: string): InterfaceVerdict => ({ result: false, reason });

/**
 * What would stand in the way of each interface, from the node's own data; no BMC is asked. GET /v1/nodes/{id}/validate shows it, and a verb
 * that needs an interface which could not work is refused before it is accepted. Reasons are in Ironic's words.
 */
export function validateNode(node: Node): ReadonlyMap<InterfaceKind, InterfaceVerdict> {
  return new Map(reported.map((kind) => [kind, verdictOf(node, kind)]));
}

function verdictOf(node: Node, kind: InterfaceKind): InterfaceVerdict {
  const implementation = node.interfaces[kind];
  if (implementation === null || unsupported.has(implementation)) {
    return bad(`Driver ${node.driver} does not support ${kind} (disabled or not implemented).`);
  }
  const problem =
    (speaksRedfish(implementation) ? redfishProblem(node) : undefined) ??
    (implementation === 'ipmitool' ? ipmiProblem(node, kind) : undefined) ??
    rules[kind]?.(node, implementation);
  return problem === undefined ? good : bad(problem);
}

type Rule = (node: Node, implementation: string) => string | undefined;

const rules: { readonly [kind in InterfaceKind]?: Rule } = {
  boot: (node, implementation) => {
    if (implementation === 'fake') return undefined;
    return (bootsByRedfish(implementation) ? redfishProblem(node) : undefined) ?? ramdiskProblem(node);
  },
  deploy: (node, implementation) => {
    if (implementation === 'fake') return undefined;
    const boot = verdictOf(node, 'boot');
    if (!boot.result) return boot.reason;
    return implementation === 'custom-agent' ? undefined : imageProblem(node, implementation);
  },
};

const bootsByRedfish = (boot: string): boolean => showsMedium(boot) || boot === 'redfish-https';

/** The address must be an http(s) URL or a host, and a path to the system, where given, must be one. */
function redfishProblem({ uuid, driverInfo }: Node): string | undefined {
  const { redfish_address: address, redfish_system_id: system } = driverInfo;
  if (typeof address !== 'string' || address === '') {
    return `Missing the following Redfish properties in node's ${uuid} driver_info: redfish_address`;
  }
  if (!/^(https?:\/\/)?[^/\s]+(\/.*)?$/i.test(address)) {
    return `Invalid Redfish address "${address}" in driver_info/redfish_address on node ${uuid}: expected a host or an http(s) URL`;
  }
  if (system !== undefined && (typeof system !== 'string' || !system.startsWith('/'))) {
    return `Invalid value in driver_info/redfish_system_id on node ${uuid}: expected the path to the system resource`;
  }
  return undefined;
}

function ipmiProblem({ uuid, driverInfo }: Node, kind: InterfaceKind): string | undefined {
  const read = readIpmiInfo(driverInfo);
  if ('problem' in read) return read.problem;
  return kind === 'power' ? ipmiAddressProblem(read.info.address, uuid) : undefined;
}

/** Kernel and ramdisk come from the node or, both together, from the conductor's configuration. */
function ramdiskProblem({ uuid, driverInfo, instanceInfo }: Node): string | undefined {
  const { deploy_kernel: kernel, deploy_ramdisk: ramdisk, deploy_iso: iso } = driverInfo;
  if (iso !== undefined || instanceInfo['boot_iso'] !== undefined) return undefined;
  if ((kernel === undefined) === (ramdisk === undefined)) return undefined;
  const missing = kernel === undefined ? 'deploy_kernel' : 'deploy_ramdisk';
  return (
    `Node ${uuid} failed to validate deploy image info. Some parameters were missing. ` +
    `Missing are: ['driver_info.${missing}']`
  );
}

function imageProblem({ uuid, instanceInfo }: Node, implementation: string): string | undefined {
  const failure = `Node ${uuid} failed to validate deploy image info.`;
  const { image_source: source, boot_iso: iso } = instanceInfo;
  if (implementation === 'ramdisk' || iso !== undefined) {
    return iso === undefined && source === undefined
      ? `${failure} Some parameters were missing. Missing are: ['instance_info.boot_iso']`
      : undefined;
  }
  if (typeof source !== 'string' || source === '') {
    return `${failure} Some parameters were missing. Missing are: ['instance_info.image_source']`;
  }
  if (/^oci:/i.test(source)) return undefined;
  const { image_checksum: checksum, image_os_hash_value: hash, image_os_hash_algo: algorithm } = instanceInfo;
  if (checksum === undefined && (hash === undefined || algorithm === undefined) && /^https?:/i.test(source)) {
    return (
      `${failure} image_checksum or image_os_hash_algo and image_os_hash_value are required for ` +
      `${source.replace(/\?.*$/, '')}`
    );
  }
  return undefined;
}
