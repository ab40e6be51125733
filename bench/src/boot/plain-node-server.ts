// What Node's own HTTP server can do and no more: ranges of one file from memory, without routes, checks, validators or metrics.
// node plain-node-server.ts FILE PORT
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [path = '', port = ''] = process.argv.slice(2);
const file = readFileSync(path);

createServer((request, response) => {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  const body = first === undefined ? file : file.subarray(Number(first), Number(last) + 1);
  response.writeHead(first === undefined ? 200 : 206, {
    'content-type': 'application/octet-stream',
    'content-length': body.length,
    ...(first === undefined ? {} : { 'content-range': `bytes ${first}-${last}/${file.length}` }),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}).listen(Number(port), '127.0.0.1');
