import { createRequire } from 'node:module';

/*
 * The clients as browsers load them. Their Node builds are out of step with Node and Jest: kinto-http's asks for a
 * package that it does not name among its dependencies, kinto's requires an ES module.
 */

const require = createRequire(import.meta.url);

export const Kinto = (require('kinto/dist/kinto.js') as typeof import('kinto')).default;

export const KintoClient = require('kinto-http/dist/kinto-http.js') as (typeof import('kinto-http'))['default'];
