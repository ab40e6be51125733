export * from './object.ts';
export * from './error.ts';
export * from './port.ts';
