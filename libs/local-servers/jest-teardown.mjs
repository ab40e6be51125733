// Jest loads its tear-down by default export.
export { teardown as default } from './src/fixtures/global-setup.ts';
