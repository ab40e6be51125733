import type { JsonObject } from '@metal3/node';
import { EffectProblem } from '../../work/problems.ts';
import type { DriveKind, EventSubscription, EventSubscriptions, Machine, RawCommands } from '../machine.ts';

/** One method of a vendor interface; answers JSON, or undefined where there is nothing to say. */
interface VendorMethod {
  /** Refused while somebody else works on the node. */
  readonly changes: boolean;
  readonly run: (machine: Machine, args: JsonObject, signal: AbortSignal) => Promise<unknown>;
}

const drives: Readonly<Record<string, readonly DriveKind[]>> = {
  cdrom: ['cdrom'],
  dvd: ['cdrom'],
  floppy: ['floppy'],
  usbstick: ['usbstick'],
};

/** What Ironic's redfish vendor interface offers: event subscriptions of the BMC, and taking out media that nothing else knows of. */
const redfish: Readonly<Record<string, VendorMethod>> = {
  create_subscription: {
    changes: true,
    run: async (machine, args, signal) => {
      const { Destination: destination, Context: context, EventTypes: types, Protocol: protocol } = args;
      if (typeof destination !== 'string' || !/^https?:\/\/[^/]/i.test(destination))
        throw new EffectProblem('create_subscription needs Destination: the http or https URL that the BMC sends to');
      return shown(
        await subscriptionsOf(machine).create(
          {
            destination,
            context: textOr('Context', context, ''),
            eventTypes: texts('EventTypes', types) ?? ['Alert'],
            protocol: textOr('Protocol', protocol, 'Redfish'),
            headers: headersOf(args['HttpHeaders']),
          },
          signal,
        ),
      );
    },
  },
  get_subscription: {
    changes: false,
    run: async (machine, args, signal) => shown(await subscriptionsOf(machine).get(idOf(args), signal)),
  },
  delete_subscription: {
    changes: true,
    run: (machine, args, signal) => subscriptionsOf(machine).delete(idOf(args), signal),
  },
  get_all_subscriptions: {
    changes: false,
    run: async (machine, _args, signal) => {
      const paths = await subscriptionsOf(machine).list(signal);
      return {
        Name: 'Event Subscriptions',
        Members: paths.map((path) => ({ '@odata.id': path })),
        'Members@odata.count': paths.length,
      };
    },
  },
  eject_vmedia: {
    changes: true,
    run: async (machine, args, signal) => {
      const device = args['boot_device'];
      const chosen = device === undefined ? Object.values(drives).flat() : drives[String(device).toLowerCase()];
      if (chosen === undefined)
        throw new EffectProblem(
          `eject_vmedia knows no boot_device ${JSON.stringify(device)}; use ${Object.keys(drives).join(', ')}`,
        );
      for (const drive of new Set(chosen)) await machine.ejectMedia(drive, signal);
    },
  },
};

/** What Ironic's ipmitool vendor interface offers. */
const ipmi: Readonly<Record<string, VendorMethod>> = {
  send_raw: {
    changes: true,
    run: (machine, args, signal) => sendRaw(machine, args, signal),
  },
  bmc_reset: {
    changes: true,
    run: (machine, { warm = true }, signal) =>
      rawOf(machine).resetBmc(warm === true || /^(1|t|true|on|y|yes)$/i.test(String(warm)), signal),
  },
};

const interfaces: Readonly<Record<string, Readonly<Record<string, VendorMethod>>>> = { redfish, ipmitool: ipmi };

/** Also a step of cleaning, servicing and deployment. */
export async function sendRaw(machine: Machine, { raw_bytes: bytes }: JsonObject, signal: AbortSignal): Promise<void> {
  if (typeof bytes !== 'string' || bytes === '') throw new EffectProblem('Argument raw_bytes is missing.');
  await rawOf(machine).send(bytes, signal);
}

function rawOf({ raw }: Machine): RawCommands {
  if (raw === null) throw new EffectProblem('This machine is not spoken to in bytes');
  return raw;
}

/** @throws EffectProblem for a method that the interface does not have */
export function vendorMethodOf(vendor: string | null, name: string): VendorMethod {
  const methods = interfaces[vendor ?? ''];
  const method = methods !== undefined && Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (method === undefined) throw new EffectProblem(`No handler for method ${name}`);
  return method;
}

function subscriptionsOf({ subscriptions }: Machine): EventSubscriptions {
  if (subscriptions === null) throw new EffectProblem('This machine sends no events');
  return subscriptions;
}

/** In the spelling of Redfish, as clients read it. */
const shown = ({ id, context, destination, eventTypes, protocol }: EventSubscription): Record<string, unknown> => ({
  Id: id,
  Context: context,
  Destination: destination,
  EventTypes: eventTypes,
  Protocol: protocol,
});

function idOf({ id }: JsonObject): string {
  if (typeof id !== 'string' || id === '') throw new EffectProblem('Missing argument id: the Id of the subscription');
  return id;
}

function textOr(name: string, value: unknown, otherwise: string): string {
  if (value === undefined || value === null) return otherwise;
  if (typeof value !== 'string') throw new EffectProblem(`${name} must be text`);
  return value;
}

function texts(name: string, value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string'))
    throw new EffectProblem(`${name} must be a list of texts`);
  return value;
}

function headersOf(value: unknown): readonly Readonly<Record<string, string>>[] {
  if (value === undefined || value === null) return [];
  const list: readonly unknown[] = Array.isArray(value) ? value : [];
  const isHeader = (item: unknown): item is Readonly<Record<string, string>> =>
    typeof item === 'object' && item !== null && Object.values(item).every((text) => typeof text === 'string');
  if (!Array.isArray(value) || !list.every(isHeader))
    throw new EffectProblem('HttpHeaders must be a list of objects, each with the text of one header under its name');
  return list;
}
