import { IsInt, Max, Min } from 'class-validator';
import { Setting, type SettingsClass } from '../settings/setting.js';
import { CHANGE_ACTIONS } from '../wire/change-action.js';
import { Registry } from '../wire/registry.js';
import { DELIVERY_RULES, type DeliveryRules } from './delivery-rules.js';
import { PAYLOADS, type Payload } from './payload.js';
import type { CommittedChange } from './resource-change.js';

/**
 * How a listener is told.
 *
 * `on-every-node`: live, from the tail of the log, on each node: sockets live on every node. What happens while the
 * node is down is not told again. `once-per-cluster`: from a cursor kept in the database, at least once, in order; a
 * failure is tried again until it succeeds.
 */
export type Delivery = 'on-every-node' | 'once-per-cluster';

/**
 * Hears only what was committed, from the log, one change after another in commit order. Its failure is its own:
 * logged, counted, tried again where its delivery says so, never seen by the writer or by another listener.
 */
export interface ChangeListener {
  readonly delivery: Delivery;
  /**
   * @param cutOff aborted when the answer has taken too long: the try counts as failed, and what is left of it should
   * not be done beside the next one. Only listeners that are told again have one
   * @throws UndeliverableChange when trying again cannot help; anything else is tried again
   */
  afterCommit(change: CommittedChange, cutOff?: AbortSignal): Promise<void> | void;
  /** How many changes {@link afterCommits} takes at once. */
  readonly batchSize?: number;
  /**
   * Several changes in one go, in commit order. Only listeners that are told again are asked, and only where the
   * target takes several at once. When it throws, each is told alone, by `afterCommit`: what of them had arrived
   * arrives once more.
   */
  afterCommits?(changes: readonly CommittedChange[], cutOff: AbortSignal): Promise<void>;
  /**
   * Of a listener whose further tries go on where the last one stopped: how many messages of the change have arrived
   * so far. A try after which there are more does not count among those after which a change is given up.
   */
  progressOf?(change: CommittedChange): number;
  /**
   * Of a live listener: whether anybody would hear it at this moment. While nobody would, changes pass it by. Without
   * it, somebody always might.
   */
  hasAudience?(): boolean;
  /** Called at the end, after the last change. A second call does nothing. */
  close?(): Promise<void> | void;
}

/** This very change will never be accepted. It is logged and passed over, so that those behind it are not held up. */
export class UndeliverableChange extends Error {
  override readonly name = 'UndeliverableChange';
}

/** Whom a listener is made for. */
export interface ListenerContext {
  /** The name it has in `event_listeners`. */
  readonly name: string;
  /** What its settings want it to send; see {@link messagesOf}. */
  readonly payload: Payload;
}

/** What a listener folder exports: its kind, its settings and how it is made. Timers, logs and filters it has not. */
export interface ListenerDefinition<Settings extends object = object> {
  /** The word for `event_listeners.<name>.use`. */
  readonly kind: string;
  readonly settings: SettingsClass<Settings>;
  /** Where to look a key up that `event_listeners.<name>.` does not have, e.g. `pusher.`. */
  readonly sharedPrefixes?: readonly string[];
  create(settings: Readonly<Settings>, context: ListenerContext): ChangeListener;
}

/** The kinds of listeners there are. */
export class ListenerKinds extends Registry<ListenerDefinition> {
  constructor() {
    super('listener kind');
  }
}

/** What every listener may be told in the INI file, under `event_listeners.<name>.`. */
export class CommonListenerSettings {
  @Setting({ key: 'use', type: 'string', default: '', sentence: 'The kind of listener; empty: the same as its name.' })
  use!: string;

  @Setting({
    key: 'actions',
    type: 'list',
    default: [...CHANGE_ACTIONS],
    sentence: 'Which actions it hears of: create, update, delete.',
  })
  actions!: readonly string[];

  @Setting({
    key: 'resources',
    type: 'list',
    default: [],
    sentence: 'Which resources it hears of: bucket, collection, group, record; empty: all.',
  })
  resources!: readonly string[];

  @Setting({
    key: 'buckets',
    type: 'list',
    default: [],
    sentence: 'Which buckets it hears of, as ids with * and ?; empty: all.',
  })
  buckets!: readonly string[];

  @Setting({
    key: 'collections',
    type: 'list',
    default: [],
    sentence:
      'Which collections and their records it hears of, as ids with * and ?; empty: all, and buckets and groups.',
  })
  collections!: readonly string[];

  @Setting({
    key: 'payload',
    type: 'string',
    default: 'kinto',
    oneOf: PAYLOADS,
    sentence:
      'What it sends: kinto, a list of {new, old} per change; object, each object as its list has it; change, each with its position.',
  })
  payload!: Payload;
}

/** What every durable listener may be told beside that. */
export class DurableListenerSettings {
  @Setting({
    key: 'start',
    type: 'string',
    default: DELIVERY_RULES.start,
    oneOf: ['end', 'beginning'],
    sentence: 'Where one that is new begins: at the end of the change log, or at the beginning of what is left of it.',
  })
  start!: DeliveryRules['start'];

  @Setting({
    key: 'max_tries',
    type: 'integer',
    default: DELIVERY_RULES.maxTries,
    sentence: 'After how many failed tries a change becomes a dead letter, if the one behind it arrives; 0: never.',
  })
  @IsInt()
  @Min(0)
  maxTries!: number;

  @Setting({
    key: 'max_dead_letters',
    type: 'integer',
    default: DELIVERY_RULES.maxDeadLetters,
    sentence: 'How many dead letters are kept; when there are as many, a change that fails holds up those behind it.',
  })
  @IsInt()
  @Min(0)
  maxDeadLetters!: number;

  @Setting({
    key: 'try_timeout',
    type: 'integer',
    default: DELIVERY_RULES.timeout,
    sentence: 'How long one try may take, in milliseconds; then it has failed.',
  })
  @IsInt()
  @Min(1)
  @Max(600_000)
  timeout!: number;
}

export class ListenersSettings {
  @Setting({
    key: 'event_listeners',
    type: 'list',
    default: [],
    sentence: 'The names of the listeners that are told of changes, each with its own event_listeners.<name>.* keys.',
  })
  names!: readonly string[];
}
