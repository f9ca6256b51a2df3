import { Registry } from '../../wire/registry.js';

/** What a plugin changes about endpoints that are not its own. */
export interface Remark {
  /** Which ones: those whose pattern begins with this, e.g. `/buckets/{`. */
  readonly below: string;
  /** Said of the first id in their paths; in Markdown. */
  readonly sentence?: string;
  /** The statuses with which it refuses bodies, as the catalogue of errors has them. */
  readonly writeErrors?: readonly number[];
}

/** What the OpenAPI document says of the API's own endpoints because plugins are on. */
export class Remarks extends Registry<Remark> {
  constructor() {
    super('remark');
  }

  /** @param pattern an endpoint's */
  on(pattern: string): Remark[] {
    return this.all().filter(({ below }) => pattern.startsWith(below));
  }
}
