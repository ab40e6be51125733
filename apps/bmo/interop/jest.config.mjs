import config from '../../../jest.config.mjs';

/** What `npm test` leaves out, because it takes a program from PyPI. */
const project = config.projects.find(({ displayName }) => displayName === 'apps/bmo');
export default { ...project, testMatch: ['<rootDir>/interop/**/*.interop.ts'] };
