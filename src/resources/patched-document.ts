import { isJsonObject, type JsonObject, type JsonValue } from '../wire/json.js';
import { isJsonEqual } from './json-equality.js';
import { pythonText } from './write-body.js';

export const OPERATIONS = ['test', 'add', 'remove', 'replace', 'move', 'copy'] as const;

/** One operation of RFC 6902, well-formed; whether it can be applied is another question. */
export interface PatchOperation {
  readonly op: (typeof OPERATIONS)[number];
  readonly path: string;
  readonly from: string | undefined;
  readonly value: JsonValue | undefined;
}

/** Why an operation cannot be applied. */
export class PatchFailure extends Error {
  override readonly name = 'PatchFailure';
}

/** As deep as a body may be: patch upon patch must not nest what no single request could. */
const MAX_DEPTH = 500;

/**
 * How many elements one patch may copy, compare or move aside: some tenths of a second. Without it, a list of a million
 * items could be shifted once for each of a hundred thousand operations.
 */
const MAX_TOUCHED = 5_000_000;

type Container = JsonValue[] | JsonObject;

/** A value in the middle of a JSON Patch (RFC 6902). Keys are only ever own ones: `__proto__` is one like any other. */
export class PatchedDocument {
  private readonly root: JsonObject;
  private touched = 0;
  private copied = 0;

  /**
   * @param target stays as it is
   * @param maxCharacters how much may be added by copying, about; a few doublings would fill the memory
   */
  constructor(
    target: JsonObject,
    private readonly maxCharacters: number,
  ) {
    this.root = cloneOf(target, 0, () => undefined) as JsonObject;
  }

  /** @throws PatchFailure when it has become nested too deeply */
  get result(): JsonObject {
    ensureShallow(this.root, 0);
    return this.root;
  }

  /** @throws PatchFailure; the document is then of no use any more */
  apply(operation: PatchOperation): void {
    const { op, path } = operation;
    switch (op) {
      case 'add':
        return this.add(path, valueOf(operation));
      case 'remove':
        this.remove(path);
        return;
      case 'replace':
        return this.replace(path, valueOf(operation));
      case 'move':
        return this.move(fromOf(operation), path);
      case 'copy':
        return this.add(path, this.copy(fromOf(operation)));
      case 'test':
        return this.test(path, valueOf(operation));
    }
  }

  private add(path: string, value: JsonValue): void {
    const { container, key } = this.locate(path);
    if (!Array.isArray(container)) return define(container, key, value);
    const index = key === '-' ? container.length : indexOf(key);
    if (index > container.length) throw new PatchFailure("can't insert outside of list");
    this.touch(container.length - index);
    container.splice(index, 0, value);
  }

  private remove(path: string): JsonValue {
    const { container, key } = this.locate(path);
    const value = childIn(container, key, `can't remove a non-existent object '${key}'`);
    if (Array.isArray(container)) {
      this.touch(container.length - indexOf(key));
      container.splice(indexOf(key), 1);
    } else {
      Reflect.deleteProperty(container, key);
    }
    return value;
  }

  private replace(path: string, value: JsonValue): void {
    const { container, key } = this.locate(path);
    childIn(container, key, `can't replace a non-existent object '${key}'`);
    if (Array.isArray(container)) container[indexOf(key)] = value;
    else define(container, key, value);
  }

  private move(from: string, path: string): void {
    // What is moved cannot be where it goes: it would be lost together with its place.
    if (path.startsWith(`${from}/`)) throw new PatchFailure('Cannot move values into their own children');
    if (from === path) this.find(path);
    else this.add(path, this.remove(from));
  }

  private copy(from: string): JsonValue {
    return cloneOf(this.find(from), 0, (characters) => {
      this.touch(1);
      this.copied += characters;
      if (this.copied > this.maxCharacters) throw new PatchFailure('the result becomes too large');
    });
  }

  private test(path: string, wanted: JsonValue): void {
    const found = this.find(path);
    if (isJsonEqual(found, wanted, (elements) => this.touch(elements))) return;
    throw new PatchFailure(`${pythonText(found)} is not equal to tested value ${pythonText(wanted)}`);
  }

  private find(path: string): JsonValue {
    const { container, key } = this.locate(path);
    return childIn(container, key);
  }

  private locate(path: string): { container: Container; key: string } {
    const tokens = tokensOf(path);
    const key = tokens.pop()!;
    let at: JsonValue = this.root;
    for (const token of tokens) at = childIn(containerIn(at), token);
    return { container: containerIn(at), key };
  }

  private touch(elements: number): void {
    this.touched += elements;
    if (this.touched > MAX_TOUCHED) throw new PatchFailure(`it touches more than ${MAX_TOUCHED} values`);
  }
}

/** The parts of a JSON Pointer (RFC 6901), of which there is at least one. @throws PatchFailure */
export function tokensOf(path: string): string[] {
  const invalid = /~(?:[^01]|$)/.exec(path);
  if (invalid !== null) throw new PatchFailure(`Found invalid escape ${invalid[0]}`);
  return path
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function valueOf({ value }: PatchOperation): JsonValue {
  if (value === undefined) throw new PatchFailure("The operation does not contain a 'value' member");
  return value;
}

function fromOf({ from }: PatchOperation): string {
  if (from === undefined) throw new PatchFailure("The operation does not contain a 'from' member");
  return from;
}

function isContainer(value: JsonValue): value is Container {
  return Array.isArray(value) || isJsonObject(value);
}

function containerIn(value: JsonValue): Container {
  if (isContainer(value)) return value;
  throw new PatchFailure(`there is nothing in ${pythonText(value)}`);
}

function childIn(container: Container, key: string, problem = `member '${key}' not found`): JsonValue {
  if (Array.isArray(container)) {
    const item = container[indexOf(key)];
    if (item !== undefined) return item;
  } else if (Object.hasOwn(container, key)) {
    return container[key]!;
  }
  throw new PatchFailure(problem);
}

/** Assignment would set the prototype for one key. */
function define(object: JsonObject, key: string, value: JsonValue): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}

function indexOf(token: string): number {
  if (/^(0|[1-9]\d*)$/.test(token)) return Number(token);
  throw new PatchFailure(`'${token}' is not a valid sequence index`);
}

/** @param count called for every value, with about as many characters as its JSON has */
function cloneOf(value: JsonValue, depth: number, count: (characters: number) => void): JsonValue {
  count(typeof value === 'string' ? value.length + 2 : 4);
  if (!isContainer(value)) return value;
  ensureNotTooDeep(depth);
  if (Array.isArray(value)) return value.map((item) => cloneOf(item, depth + 1, count));
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      count(key.length);
      return [key, cloneOf(inner, depth + 1, count)];
    }),
  );
}

function ensureShallow(value: JsonValue, depth: number): void {
  if (!isContainer(value)) return;
  ensureNotTooDeep(depth);
  for (const inner of Array.isArray(value) ? value : Object.values(value)) ensureShallow(inner, depth + 1);
}

function ensureNotTooDeep(depth: number): void {
  if (depth > MAX_DEPTH) throw new PatchFailure(`nested deeper than ${MAX_DEPTH}`);
}
