import type { Plugin } from '../../resources/plugin.js';
import { FlushEndpoint } from './flush.endpoint.js';

export const flushPlugin: Plugin = {
  settings: [],
  extend({ endpoints, capabilities }) {
    endpoints.add('flush', ({ storage, resource }) => [new FlushEndpoint(storage, resource.cache)]);
    // Kinto's own words: its tests and clients compare them (kinto-api.md, 1.3).
    capabilities.add('flush_endpoint', {
      description: 'The __flush__ endpoint can be used to remove all data from all backends.',
      url: 'https://kinto.readthedocs.io/en/latest/api/1.x/flush.html',
    });
  },
};
