import fc from 'fast-check';
import { anyStep, scenarioOf } from '../generate/steps.js';
import { utilityStep } from '../generate/utilities.js';
import type { Profile } from '../step.js';

/** Everything below /buckets, and what is beside it, as it is without further settings. */
export const objects: Profile = {
  name: 'objects',
  ini: [],
  weight: 4,
  scenario: scenarioOf(fc.oneof({ weight: 12, arbitrary: anyStep() }, { weight: 1, arbitrary: utilityStep })),
};
