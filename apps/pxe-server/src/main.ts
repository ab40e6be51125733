// One file is both programs, so that an image of the service needs no second one: every job on an image runs in a process of its own.
const [, , program] = process.argv;
await (program === 'image-job' ? import('./images/job/main.ts') : import('./service/main.ts'));
