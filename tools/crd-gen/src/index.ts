export { crdArtefacts } from './artefacts.ts';
export { renderCrd } from './render.ts';
