import { type BlockDevice, blockDevices } from '../machine/block-devices.ts';
import type { Machine } from '../machine/machine.ts';
import { AgentError } from './error.ts';

const gibibyte = 1024 ** 3;
/** Without hints, smaller disks are not considered. */
const leastBytes = 4 * gibibyte;

/** What the agent has been told of its node, with every command that carries one. */
export type KnownNode = Readonly<Record<string, unknown>>;

/**
 * The disk that an image goes to: the first that fits all hints of the node, or without hints the smallest of at least 4 GiB.
 *
 * @throws AgentError DeviceNotFound when no disk does
 */
export function installDevice(machine: Machine, node: KnownNode | undefined): BlockDevice {
  const hints = rootDeviceHints(node);
  const disks = blockDevices(machine);
  const found =
    hints === undefined
      ? [...disks].filter(({ bytes }) => bytes >= leastBytes).sort((one, other) => one.bytes - other.bytes)[0]
      : disks.find((disk) => Object.entries(hints).every(([hint, wanted]) => fits(disk, hint, wanted)));
  if (found !== undefined) return found;
  const words =
    hints === undefined
      ? 'No suitable device was found for deployment - root device hints were not provided and all found block devices are smaller than 4294967296B.'
      : `No suitable device was found for deployment using these hints ${JSON.stringify(hints)}`;
  throw new AgentError('DeviceNotFound', words);
}

/** Hints of the instance go before those of the machine. */
function rootDeviceHints(node: KnownNode | undefined): Readonly<Record<string, unknown>> | undefined {
  for (const part of ['instance_info', 'properties']) {
    const hints = record(record(node?.[part])?.['root_device']);
    if (hints !== undefined && Object.keys(hints).length > 0) return hints;
  }
  return undefined;
}

function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

function fits(disk: BlockDevice, hint: string, wanted: unknown): boolean {
  const values: Readonly<Record<string, string | number | boolean>> = {
    name: disk.name,
    model: disk.model,
    vendor: 'FW',
    serial: disk.serial,
    size: Math.floor(disk.bytes / gibibyte),
    wwn: disk.wwn,
    wwn_with_extension: disk.wwn,
    hctl: disk.hctl,
    by_path: disk.byPath,
    rotational: disk.rotational,
  };
  const value = values[hint];
  if (value === undefined) return false;
  if (typeof value === 'boolean') return value === (String(wanted).toLowerCase() === 'true');
  if (hint === 'name' && (wanted === disk.byPath || wanted === `/dev/disk/by-id/wwn-${disk.wwn}`)) return true;
  return matches(value, String(wanted).trim());
}

/** The operators of hints (oslo.utils specs_matcher); a hint without one wants the same. */
function matches(value: string | number, wanted: string): boolean {
  const [operator = '', ...rest] = wanted.split(/\s+/);
  const operand = rest.join(' ');
  const number = Number(value);
  const text = String(value).toLowerCase();
  switch (operator) {
    case '=':
    case '>=':
      return number >= Number(operand);
    case '==':
      return number === Number(operand);
    case '!=':
      return number !== Number(operand);
    case '<=':
      return number <= Number(operand);
    case '<':
      return number < Number(operand);
    case '>':
      return number > Number(operand);
    case 's==':
      return text === operand.toLowerCase();
    case 's!=':
      return text !== operand.toLowerCase();
    case '<in>':
      return text.includes(operand.toLowerCase());
    case '<all-in>':
      return rest.every((word) => text.includes(word.toLowerCase()));
    case '<or>':
      return wanted
        .split('<or>')
        .map((word) => word.trim().toLowerCase())
        .some((word) => word !== '' && word === text);
    default:
      return typeof value === 'number' ? number === Number(wanted) : text === wanted.toLowerCase();
  }
}
