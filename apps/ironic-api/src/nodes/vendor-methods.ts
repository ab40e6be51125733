import { invalid } from '../faults.ts';
import type { Method } from '../http/route.ts';

/** One method of a vendor interface, as `.../vendor_passthru/methods` describes it. */
export interface VendorMethod {
  readonly http_methods: readonly Method[];
  /** Answered with 202 before it is done; otherwise with its result. */
  readonly async: boolean;
  readonly description: string;
  readonly attach: boolean;
  readonly require_exclusive_lock: boolean;
}

interface Offered extends VendorMethod {
  /**
   * Absent for a method that a conductor runs, at the BMC.
   *
   * @throws Fault (400) for arguments it cannot work with
   */
  readonly run?: (args: Readonly<Record<string, unknown>>) => unknown;
}

const atBmc = (method: Method, description: string, async = false): Offered => ({
  http_methods: [method],
  async,
  description,
  attach: false,
  require_exclusive_lock: method !== 'GET',
});

const example = (word: string, { async = true, exclusive = true } = {}): Offered => ({
  http_methods: ['POST'],
  async,
  description: `Test if the value of bar is ${word}`,
  attach: false,
  require_exclusive_lock: exclusive,
  run({ bar }) {
    if (bar === undefined) throw invalid(`Parameter 'bar' not passed to the method.`);
    return bar === word;
  },
});

const redfish: Readonly<Record<string, Offered>> = {
  create_subscription: atBmc(
    'POST',
    'Has the BMC send its events to a URL. Arguments: Destination; optional are Context, Protocol, EventTypes, HttpHeaders.',
  ),
  delete_subscription: atBmc('DELETE', 'Ends an event subscription. Argument: id.'),
  get_subscription: atBmc('GET', 'Shows an event subscription. Argument: id.'),
  get_all_subscriptions: atBmc('GET', 'Lists the event subscriptions of the BMC.'),
  eject_vmedia: atBmc(
    'POST',
    'Takes out virtual media, whoever put them in. Optional argument: boot_device, one of cdrom, dvd, floppy, usbstick.',
  ),
};

/** By vendor interface. Those of `fake` are the examples that upstream's has, for people who try pass-through out. */
const offered: Readonly<Record<string, Readonly<Record<string, Offered>>>> = {
  fake: {
    fourth_method_shared_lock: example('woof', { exclusive: false }),
    log_passthrough: {
      http_methods: ['POST'],
      async: true,
      description: 'Test pass-through to wait.',
      attach: false,
      require_exclusive_lock: true,
      run: () => undefined,
    },
    second_method: example('kazoo'),
    third_method_sync: example('meow', { async: false }),
  },
  ipmitool: {
    bmc_reset: atBmc(
      'POST',
      'Restarts the BMC. Argument: warm, true (the default) for a warm restart and false for a cold one.',
      true,
    ),
    send_raw: atBmc(
      'POST',
      "Sends bytes to the BMC. Argument: raw_bytes, the bytes with blanks between (such as '0x00 0x01').",
      true,
    ),
  },
  redfish,
  'idrac-redfish': redfish,
};

const none: Readonly<Record<string, Offered>> = {};

/** What an interface offers, for people and clients. */
export const vendorMethods = (vendor: string | null): Readonly<Record<string, VendorMethod>> =>
  Object.fromEntries(
    Object.entries(offered[vendor ?? ''] ?? none).map(([name, { run: _run, ...about }]) => [name, about]),
  );

/** @throws Fault (400) for a method that the interface does not have, or not by this HTTP method */
export function vendorMethod(vendor: string | null, name: string, http: Method): Offered {
  const methods = offered[vendor ?? ''] ?? none;
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (method === undefined) throw invalid(`No handler for method ${name}`);
  if (!method.http_methods.includes(http)) throw invalid(`The method ${name} does not support HTTP ${http}`);
  return method;
}
