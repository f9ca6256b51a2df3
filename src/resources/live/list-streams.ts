import type { Position } from '../../wire/position.js';
import type { ListQueryReading } from '../../wire/query/list-query.js';
import type { ApiRequest, ApiResponse } from '../api-message.js';
import type { Exchange } from '../exchange.js';
import type { ResourcePlace } from '../resource-place.js';

/** Reads the parameters of the list's own endpoint. */
export type ReadListParameters = (parameters: readonly (readonly [string, string])[]) => ListQueryReading;

/** A list that was answered as usual, and from where its reader can be told the rest. */
export interface AnsweredList {
  readonly answer: ApiResponse;
  /** Of the snapshot that the answer shows. */
  readonly position: Position;
  /** Whether the list goes on behind this page. */
  readonly hasMore: boolean;
  readonly readParameters: ReadListParameters;
}

/** Tells of lists on connections that their readers have already: the list itself is answered as usual. */
export interface ListConnections {
  /** Headers, beyond those of every list, that an answer may get. */
  readonly headers: readonly string[];
  /**
   * @returns the answer with what this adds to it; as it is where nobody asked for more
   * @throws ApiError when what was asked for cannot be had
   */
  goOn(exchange: Exchange, place: ResourcePlace, answered: AnsweredList): Promise<ApiResponse>;
}

/** Answers the URL of a list with the list as it goes on. */
export interface ListStreams {
  /** Absent while nobody has connections. */
  readonly connections?: ListConnections | undefined;
  /** Whether this request wants that. */
  isAsked(request: ApiRequest): boolean;
  /**
   * The answer, its beginning taken from the exchange's own snapshot.
   *
   * @throws ApiError as the list itself would
   */
  open(exchange: Exchange, place: ResourcePlace, readParameters: ReadListParameters): Promise<ApiResponse>;
}
