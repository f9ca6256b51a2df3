/** An object as its list has it; of a deleted one only these fields are left. */
export interface LiveObject {
  readonly id: string;
  readonly last_modified: number;
  readonly deleted?: true;
  readonly [field: string]: unknown;
}

/** One change of the list. */
export interface LiveChange {
  /** `leave`: the object is not in the list any more for this reader; only its id is told. */
  readonly action: 'create' | 'update' | 'delete' | 'leave';
  /** Its own, and the one before; absent while what differs since a timestamp is told. */
  readonly position?: string;
  readonly previous?: string;
  readonly data: LiveObject;
  readonly match: 'enter' | 'stay' | 'leave';
  readonly uri?: string;
  readonly timestamp?: number;
  readonly old?: LiveObject;
  /** Whether it stands for several changes of the object, which nobody told one by one. */
  readonly coalesced?: boolean;
  readonly too_large?: boolean;
}

/** `closed` is the last one. */
export type LiveState = 'connecting' | 'live' | 'waiting' | 'closed';

type Sent = Readonly<Record<string, string>>;

export interface LiveListOptions {
  /** For instance `Authorization`; a function is asked before each request. By default a kinto.js client's own. */
  readonly headers?: Sent | (() => Sent | Promise<Sent>);
  /** Where to go on from; without it, and without `since`, the whole list is read first. */
  readonly position?: string | undefined;
  /** The ETag up to which the list is known, as a number in ms: what has changed since is told, object by object. */
  readonly since?: number | undefined;
  /**
   * The whole list, in place of everything that was known: at first, and whenever no shorter way leads back into step.
   * Awaited, like the others, before anything further is told; when one fails, the same is told again after a wait.
   */
  onSnapshot(objects: readonly LiveObject[]): void | Promise<void>;
  /** One change after another, in the list's order, each once. */
  onChange(change: LiveChange): void | Promise<void>;
  /** Everything up to here has been told: the place to go on from another time. */
  onPosition?(position: string): void;
  /** @param reason why, where there is one */
  onState?(state: LiveState, reason?: string): void;
  readonly fetch?: typeof fetch;
  /** How long the server may say nothing before it counts as gone, in ms. It says something every 15 s. */
  readonly silence?: number;
}
