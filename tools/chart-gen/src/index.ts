export { chartArtefacts } from './artefacts.ts';
