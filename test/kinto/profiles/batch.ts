import fc from 'fast-check';
import { batchStep } from '../generate/batches.js';
import { anyStep, bucketId, scenarioOf } from '../generate/steps.js';
import type { Profile } from '../step.js';

const steps = anyStep(undefined, fc.oneof(bucketId, fc.constant('default')));

/** Several requests in one. */
export const batch: Profile = {
  name: 'batch',
  ini: ['kinto.includes = kinto.plugins.default_bucket'],
  weight: 2,
  scenario: scenarioOf(fc.oneof(batchStep(steps), steps)),
};
