export { type ClientPackage, writeClientPackage } from './client-package.ts';
