import { ApiSettings } from '../../resources/http.settings.js';
import type { Plugin } from '../../resources/plugin.js';
import { readSettings } from '../../settings/settings.js';
import { DefaultBucketAlias, defaultBucketId, DefaultBucketSettings } from './default-bucket.js';

const DEFAULT_BUCKET_REMARK =
  '`/buckets/default` is the bucket of whoever is calling; it, and the collections in it, are made when they are first asked for.';

export const defaultBucketPlugin: Plugin = {
  settings: [DefaultBucketSettings],
  extend({ aliases, capabilities, userDetails, remarks }, source) {
    const settings = readSettings(DefaultBucketSettings, source);
    aliases.add('default-bucket', new DefaultBucketAlias(settings));
    capabilities.add('default_bucket', {
      description: 'The default bucket is an alias for a personal bucket where collections are created implicitly.',
      url: 'https://kinto.readthedocs.io/en/latest/api/1.x/buckets.html#personal-bucket-default',
    });
    const { readonly } = readSettings(ApiSettings, source);
    if (!readonly) remarks.add('default-bucket', { below: '/buckets/{', sentence: DEFAULT_BUCKET_REMARK });
    userDetails.add('bucket', ({ userId }) => {
      return userId === undefined ? {} : { bucket: defaultBucketId(userId, settings.secret) };
    });
  },
};
