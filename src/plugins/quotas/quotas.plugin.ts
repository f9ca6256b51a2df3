import type { Plugin } from '../../resources/plugin.js';
import { QuotaKeeper } from './quota-keeper.js';
import { Quotas, QuotaSettings } from './quotas.settings.js';

export const quotasPlugin: Plugin = {
  settings: [QuotaSettings],
  extend({ hooks, capabilities }, source) {
    hooks.add('quotas', new QuotaKeeper(Quotas.read(source)));
    // Kinto's own words: clients compare them.
    capabilities.add('quotas', {
      description: 'Quotas Management on buckets and collections.',
      url: 'https://kinto.readthedocs.io',
    });
  },
};
