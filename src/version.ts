import { readFileSync } from 'node:fs';
import type { ProgramFacts } from './resources/endpoints/contribute.endpoint.js';

/** What package.json says of kumocast itself. */
export const PACKAGE = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as ProgramFacts;

/** The version of kumocast itself, from its package. */
export const VERSION = PACKAGE.version;
