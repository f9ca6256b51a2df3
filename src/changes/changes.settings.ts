import { IsInt, Max, Min } from 'class-validator';
import { Setting } from '../settings/setting.js';

/** A hundred years, in s: longer than any clock is right. */
const LONGEST = 3_155_760_000;

/** How long the change log is. */
export class ChangesSettings {
  @Setting({
    key: 'changes.retention',
    type: 'integer',
    default: 604_800,
    sentence: 'How long, in seconds, the change log is kept; 0: for ever. Who was away for less resumes without a gap.',
  })
  @IsInt()
  @Min(0)
  @Max(LONGEST)
  retention!: number;

  @Setting({
    key: 'changes.max_rows',
    type: 'integer',
    default: 1_000_000,
    sentence: 'How many changes the log keeps at most, however young they are; 0: all.',
  })
  @IsInt()
  @Min(0)
  maxRows!: number;

  @Setting({
    key: 'changes.max_hold',
    type: 'integer',
    default: 2_592_000,
    sentence:
      'How long, in seconds, the log is kept beyond that for a durable listener that has not been told; 0: for ever.',
  })
  @IsInt()
  @Min(0)
  @Max(LONGEST)
  maxHold!: number;

  @Setting({
    key: 'changes.trim_interval',
    type: 'integer',
    default: 60,
    sentence: 'How often, in seconds, the log is looked through for what need not be kept.',
  })
  @IsInt()
  @Min(1)
  @Max(86_400)
  trimInterval!: number;
}
