import { parseArgs } from 'node:util';
import { PROFILES } from './profiles.js';
import type { Profile } from './step.js';

export const HELP = `The same requests to Kinto and to kumocast; every difference that test/kinto/differences.ts does not know is a failure.

  --requests N      how many in all (20000)
  --seed N          what was printed, to have the same again (random)
  --profile NAME    only this one: ${PROFILES.map(({ name }) => name).join(', ')}
  --scenario N      only the profile's scenario of this number
  --postgresql URL  keep Kinto's objects on that server instead of in memory: each profile makes a database kinto_<profile>,
                    and drops one that is there
  --itself          a second Kinto in kumocast's place: what is reported then, the test itself has wrong
  --max N           different differences to look for before giving up on a profile (25)
`;

export interface Options {
  readonly requests: number;
  readonly seed: number;
  readonly profiles: readonly Profile[];
  readonly scenario: number | undefined;
  readonly postgresql: string | undefined;
  readonly max: number;
  readonly itself: boolean;
}

/** @returns undefined when help is wanted */
export function optionsFrom(args: readonly string[]): Options | undefined {
  const string = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      requests: string,
      seed: string,
      profile: string,
      scenario: string,
      postgresql: string,
      max: string,
      itself: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) return undefined;
  const profiles = PROFILES.filter(({ name }) => values.profile === undefined || values.profile === name);
  if (profiles.length === 0) throw new Error(`There is no profile ${values.profile ?? ''}`);
  return {
    requests: numberFrom(values.requests ?? '20000'),
    seed: numberFrom(values.seed ?? String(Math.floor(Math.random() * 2 ** 31))),
    profiles,
    scenario: values.scenario === undefined ? undefined : numberFrom(values.scenario),
    postgresql: values.postgresql,
    max: numberFrom(values.max ?? '25'),
    itself: values.itself === true,
  };
}

function numberFrom(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0) throw new Error(`Not a number: ${text}`);
  return number;
}
