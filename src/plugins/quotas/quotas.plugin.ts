import type { Plugin } from '../../resources/plugin.js';
import { ERRORS } from '../../wire/api-error.js';
import { QuotaKeeper } from './quota-keeper.js';
import { Quotas, QuotaSettings } from './quotas.settings.js';

export const quotasPlugin: Plugin = {
  settings: [QuotaSettings],
  extend({ hooks, capabilities, remarks }, source) {
    hooks.add('quotas', new QuotaKeeper(Quotas.read(source)));
    remarks.add('quotas', { below: '/buckets', writeErrors: [ERRORS.INSUFFICIENT_STORAGE.status] });
    // Kinto's own words: clients compare them.
    capabilities.add('quotas', {
      description: 'Quotas Management on buckets and collections.',
      url: 'https://kinto.readthedocs.io',
    });
  },
};
