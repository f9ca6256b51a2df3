import { IsInt, Max, Min } from 'class-validator';
import { Setting } from '../settings/setting.js';

/** How several servers on one database share what only one of them may do. */
export class LeaseSettings {
  @Setting({
    key: 'nodes.lease',
    type: 'integer',
    default: 3_000,
    sentence:
      'After how many milliseconds without a sign of life another server takes over what a server on the same database did.',
  })
  @IsInt()
  @Min(500)
  @Max(60_000)
  lease!: number;
}
