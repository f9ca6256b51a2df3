import type { Arbitrary } from 'fast-check';
import type { Surroundings, Users } from './surroundings.js';

export type Json = null | boolean | number | string | readonly Json[] | JsonMap;
export interface JsonMap {
  readonly [key: string]: Json;
}

/**
 * One request, said in a way that holds for both servers. Strings may have placeholders, which each server's memory
 * fills with what that server has answered: see `memory.ts`.
 */
export interface Step {
  readonly method: string;
  /** With the version prefix. What follows a `?` is sent as it stands, before `query`. */
  readonly path: string;
  readonly query?: readonly (readonly [name: string, value: string])[];
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** Who is calling; `null`: nobody. */
  readonly user: string | null;
  readonly body?: Json;
  /** Sent as it stands in place of `body`. */
  readonly raw?: string;
  /** The redirect that is the answer is followed to its end, as this user; `{{back:0}}` is where it comes back to. */
  readonly follows?: string;
  /** The body is a batch of these; whoever calls the batch calls them. */
  readonly batch?: readonly Step[];
}

/** Requests that make sense one after another, and know nothing of those of other scenarios. */
export type Scenario = readonly Step[];

/** One way to configure both servers, and what to ask them then. */
export interface Profile {
  readonly name: string;
  /** Lines of `[app:main]` after the usual ones. */
  readonly ini: readonly string[];
  readonly scenario: Arbitrary<Scenario>;
  /** How much of all requests it gets, relative to the others; 1 by default. */
  readonly weight?: number;
  /** Basicauth's by default. */
  readonly users?: Users;
  /** Makes what has to be there beside the two servers, in a directory of its own. */
  readonly surround?: (directory: string) => Promise<Surroundings>;
}

/** What came back. */
export interface Answer {
  readonly status: number;
  /** Names in lower case; several of one name are joined by line breaks. */
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
}
