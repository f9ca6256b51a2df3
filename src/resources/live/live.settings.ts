import { IsInt, Max, Min } from 'class-validator';
import { Setting } from '../../settings/setting.js';

/** Live lists: how many, how long, how slow. */
export class LiveSettings {
  @Setting({
    key: 'live.heartbeat',
    type: 'number',
    default: 15,
    sentence: 'How often, in seconds, something is sent on a stream where nothing happens: proxies cut silent ones.',
  })
  @Min(0.05)
  @Max(3600)
  heartbeat!: number;

  @Setting({
    key: 'live.max_age',
    type: 'number',
    default: 3600,
    sentence: 'How long, in seconds and give or take a tenth, a stream lives before its client is to connect again.',
  })
  @Min(0.05)
  @Max(86_400)
  maxAge!: number;

  @Setting({
    key: 'live.buffer_bytes',
    type: 'integer',
    default: 1_048_576,
    sentence: 'How many bytes may wait for one reader; what comes then is read from the change log when there is room.',
  })
  @IsInt()
  @Min(1024)
  bufferBytes!: number;

  @Setting({
    key: 'live.max_frame_bytes',
    type: 'integer',
    default: 262_144,
    sentence: 'How large, in bytes, a change may be told; of a larger one only the id, and that it is too_large.',
  })
  @IsInt()
  @Min(1024)
  maxFrameBytes!: number;

  @Setting({
    key: 'live.max_wait',
    type: 'number',
    default: 55,
    sentence: 'How long, in seconds, a long poll may wait: less than proxies do, which often cut after 60.',
  })
  @Min(0)
  @Max(600)
  maxWait!: number;

  @Setting({
    key: 'live.drain_timeout',
    type: 'number',
    default: 30,
    sentence: 'How long, in seconds, a reader whose buffer is full may read nothing before its stream ends.',
  })
  @Min(0.05)
  @Max(3600)
  drainTimeout!: number;

  @Setting({
    key: 'live.max_streams',
    type: 'integer',
    default: 10_000,
    sentence: 'How many streams and long polls there may be at a time.',
  })
  @IsInt()
  @Min(0)
  maxStreams!: number;

  @Setting({
    key: 'live.max_streams_per_user',
    type: 'integer',
    default: 50,
    sentence: 'How many of them one user may have; who is not logged in counts only in live.max_streams.',
  })
  @IsInt()
  @Min(0)
  maxStreamsPerUser!: number;

  @Setting({
    key: 'live.sweep',
    type: 'number',
    default: 30,
    sentence: 'How often, in seconds, everybody on a stream is asked who they are and what they may read.',
  })
  @Min(0.05)
  @Max(3600)
  sweep!: number;

  @Setting({
    key: 'live.max_snapshot',
    type: 'integer',
    default: 10_000,
    sentence: 'How many objects _snapshot and _since give at most; whoever has more reads pages first.',
  })
  @IsInt()
  @Min(1)
  maxSnapshot!: number;

  @Setting({
    key: 'changes.max_replay',
    type: 'integer',
    default: 10_000,
    sentence: 'How many missed changes of a list are replayed; who has missed more is told to read the list again.',
  })
  @IsInt()
  @Min(0)
  maxReplay!: number;
}
