import type { Plugin } from '../../resources/plugin.js';
import { CountersEndpoint } from './counters.endpoint.js';

export const countersPlugin: Plugin = {
  settings: [],
  extend({ endpoints, capabilities }) {
    endpoints.add('counters', () => [new CountersEndpoint()]);
    capabilities.add('counters_endpoint', {
      description: 'The __counters__ endpoint exposes how many objects are stored.',
      url: 'https://kinto.readthedocs.io/en/latest/api/1.x/counters.html',
    });
  },
};
