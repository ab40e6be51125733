export * from './object.ts';
export * from './error.ts';
export * from './port.ts';
export * from './clock.ts';
export * from './label-selector.ts';
