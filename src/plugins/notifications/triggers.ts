import { bodyProblem } from '../../resources/write-body.js';
import type { ErrorDetail } from '../../wire/api-error.js';
import { CHANGE_ACTIONS, type ChangeAction } from '../../wire/change-action.js';
import { isJsonObject, type JsonValue } from '../../wire/json.js';

/** Told of an object that nobody has changed. */
const READ = 'read';

/** `write` stands for the three changes. */
const CHANGES: readonly string[] = [...CHANGE_ACTIONS, 'write'];

/** @param withReads whether reads are told at all */
export function triggerActions(withReads: boolean): readonly string[] {
  return withReads ? [...CHANGES, READ] : CHANGES;
}

const ID = '(?:\\*|[a-zA-Z0-9][a-zA-Z0-9_-]*)';

/** seed-systems.md, 6.3; records are in collections only. */
const PATTERN = new RegExp(
  `^/buckets(?:/${ID}(?:/groups(?:/${ID})?|/collections(?:/${ID}(?:/records(?:/${ID})?)?)?)?)?(?:/\\*\\*)?$`,
);

/** Longer than any URI of the longest ids that a database takes. */
const LONGEST = 1024;

const DEFAULT_BUCKET = /^\/buckets\/default(?=\/|$)/;

export interface TriggerRules {
  readonly maxTriggers: number;
  /** Whether reads may be asked for. */
  readonly readTriggers: boolean;
}

/** @param name of the attribute, for the problems */
export function triggerProblems(
  value: JsonValue | undefined,
  name: string,
  { maxTriggers, readTriggers }: TriggerRules,
): ErrorDetail[] {
  if (value === undefined) return [bodyProblem(name, 'Required')];
  if (!isJsonObject(value)) return [bodyProblem(name, 'It maps patterns to lists of actions')];
  const entries = Object.entries(value);
  if (entries.length === 0) return [bodyProblem(name, 'At least one trigger is needed')];
  if (entries.length > maxTriggers) return [bodyProblem(name, `There may be ${maxTriggers} triggers at most`)];
  const known = triggerActions(readTriggers);
  return entries.flatMap(([pattern, actions]) => {
    if (pattern.length > LONGEST || !PATTERN.test(pattern)) {
      return [bodyProblem(name, 'A pattern is the URI of an object or a list, with * for an id, or /** at its end')];
    }
    const isList = Array.isArray(actions) && actions.length > 0;
    if (isList && actions.every((action) => typeof action === 'string' && known.includes(action))) return [];
    const others = readTriggers ? '' : '; reads are not told here';
    return [bodyProblem(name, `The actions are a list of ${known.join(', ')}${others}`)];
  });
}

/** Which changes, and which reads, a subscription is about. */
export class Triggers {
  /** As they are meant: with the name of one's own bucket. */
  readonly patterns: readonly string[];
  /** Whether any read is wanted. */
  readonly hasReads: boolean;
  private readonly rows: readonly { readonly uris: RegExp; readonly actions: ReadonlySet<string> }[];

  /** @param value that {@link triggerProblems} has no problem with */
  constructor(value: Readonly<Record<string, JsonValue>>, ownBucket: string | undefined) {
    const own = (pattern: string) =>
      ownBucket === undefined ? pattern : pattern.replace(DEFAULT_BUCKET, `/buckets/${ownBucket}`);
    this.patterns = Object.keys(value).map(own);
    this.rows = Object.entries(value).map(([pattern, actions]) => ({
      uris: urisOf(own(pattern)),
      actions: new Set(actions as string[]),
    }));
    this.hasReads = this.rows.some(({ actions }) => actions.has(READ));
  }

  wants(uri: string, action: ChangeAction): boolean {
    return this.rows.some(({ uris, actions }) => (actions.has('write') || actions.has(action)) && uris.test(uri));
  }

  wantsRead(uri: string): boolean {
    return this.rows.some(({ uris, actions }) => actions.has(READ) && uris.test(uri));
  }
}

/** An object stands for itself, a list for its members; nothing deeper unless it ends in `/**`. */
function urisOf(pattern: string): RegExp {
  const isDeep = pattern.endsWith('/**');
  const segments = (isDeep ? pattern.slice(0, -3) : pattern).split('/').slice(1);
  const written = segments.map((segment) => (segment === '*' ? '[^/]+' : segment)).join('/');
  if (isDeep) return new RegExp(`^/${written}(?:/.*)?$`);
  return new RegExp(segments.length % 2 === 0 ? `^/${written}$` : `^/${written}/[^/]+$`);
}
