// Jest loads its set-up by default export.
export { setup as default } from './src/fixtures/global-setup.ts';
