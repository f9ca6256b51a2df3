import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const PLACES = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];

/** The path of a program; `undefined`: it is not installed. */
export function findProgram(name: string): string | undefined {
  return PLACES.map((place) => join(place, name)).find((file) => existsSync(file));
}

/** `describe`, skipped where the program is not installed, though not in CI; its title should say `[needs …]`. */
export function describeWith(program: string): jest.Describe {
  return findProgram(program) !== undefined || process.env.CI === 'true' ? describe : describe.skip;
}

/** @throws Error when it is not installed */
export function getProgram(name: string): string {
  const found = findProgram(name);
  if (found === undefined) throw new Error(`${name} is not installed`);
  return found;
}
