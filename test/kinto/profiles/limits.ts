import fc from 'fast-check';
import { anyStep, scenarioOf } from '../generate/steps.js';
import { utilityStep } from '../generate/utilities.js';
import type { Profile } from '../step.js';

/** Settings that change headers and pages. */
export const limits: Profile = {
  name: 'limits',
  ini: [
    'kinto.paginate_by = 2',
    'kinto.storage_max_fetch_size = 5',
    'kinto.backoff = 10',
    'kinto.retry_after_seconds = 7',
    'kinto.cors_origins = https://*.example.org https://other.test',
    'kinto.cors_max_age_seconds = 60',
    'kinto.project_name = another name',
    'kinto.project_docs = http://docs.test/',
    'kinto.error_info_link = http://errors.test/',
    'kinto.trailing_slash_redirect_ttl_seconds = 0',
    'kinto.version_prefix_redirect_ttl_seconds = 60',
    'kinto.http_scheme = https',
    'kinto.http_host = kinto.test',
    'kinto.record_cache_expires_seconds = 100',
    'kinto.collection_cache_expires_seconds = 50',
    'kinto.bucket_cache_expires_seconds = 0',
    'kinto.plural_group_post_enabled = false',
    'kinto.object_group_patch_enabled = false',
  ],
  scenario: scenarioOf(fc.oneof({ weight: 6, arbitrary: anyStep() }, { weight: 1, arbitrary: utilityStep })),
};

/** A service that ends some day. */
export const ending: Profile = {
  name: 'ending',
  ini: ['kinto.eos = 2099-01-01', 'kinto.eos_message = "The end"', 'kinto.eos_url = http://eos.test/'],
  weight: 0.2,
  scenario: scenarioOf(fc.oneof(anyStep(), utilityStep)),
};

/** One that has ended. */
export const ended: Profile = {
  name: 'ended',
  ini: ['kinto.eos = 2020-01-01'],
  weight: 0.1,
  scenario: scenarioOf(fc.oneof(anyStep(), utilityStep)),
};
