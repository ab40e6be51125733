import type { Json } from '../../kernel.ts';

/** One step of a manual cleaning or of servicing, as Ironic takes it. */
export interface ManualStep {
  readonly interface: 'raid' | 'deploy' | 'bios' | 'firmware';
  readonly step: string;
  readonly args?: { readonly [name: string]: Json };
}
