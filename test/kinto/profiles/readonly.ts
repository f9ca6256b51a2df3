import fc from 'fast-check';
import { anyStep, scenarioOf } from '../generate/steps.js';
import { utilityStep } from '../generate/utilities.js';
import type { Profile } from '../step.js';

/** A server that takes no writes. */
export const readonly: Profile = {
  name: 'readonly',
  ini: ['kinto.readonly = true', 'kinto.includes = kinto.plugins.default_bucket'],
  weight: 0.3,
  scenario: scenarioOf(fc.oneof(anyStep(), utilityStep)),
};
