import { type Bmc, ledStates } from './bmc.ts';
import { RedfishError } from './error.ts';
import { oneOf } from './request.ts';

/** The lamp of the machine, which system and chassis share. */
export const lamp = ({ locationLed }: Bmc) => ({
  LocationIndicatorActive: locationLed !== 'Off',
  IndicatorLED: locationLed,
});

/** What a PATCH says of the lamp; undefined for nothing. @throws RedfishError */
export function readLamp(body: Readonly<Record<string, unknown>>): Bmc['locationLed'] | undefined {
  const { LocationIndicatorActive: active, IndicatorLED: led } = body;
  if (active !== undefined && typeof active !== 'boolean') {
    throw new RedfishError('PropertyValueTypeError', [JSON.stringify(active), 'LocationIndicatorActive']);
  }
  if (led !== undefined) return oneOf('IndicatorLED', led, ledStates);
  return active === undefined ? undefined : active ? 'Lit' : 'Off';
}
