import { okObject, type Route } from '../http/route.ts';
import { rootDocument, v1Document } from './documents.ts';

/** The version documents, open to everybody: clients look here before they authenticate. */
export const discoveryRoutes: readonly Route[] = [
  { method: 'GET', path: '/', public: true, handle: ({ base }) => okObject(rootDocument(base)) },
  { method: 'GET', path: '/v1', public: true, handle: ({ base, minor }) => okObject(v1Document(base, minor)) },
];
