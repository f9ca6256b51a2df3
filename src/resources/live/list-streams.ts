import type { ListQueryReading } from '../../wire/query/list-query.js';
import type { ApiRequest, ApiResponse } from '../api-message.js';
import type { Exchange } from '../exchange.js';
import type { ResourcePlace } from '../resource-place.js';

/** Reads the parameters of the list's own endpoint. */
export type ReadListParameters = (parameters: readonly (readonly [string, string])[]) => ListQueryReading;

/** Answers the URL of a list with the list as it goes on. */
export interface ListStreams {
  /** Whether this request wants that. */
  isAsked(request: ApiRequest): boolean;
  /**
   * The answer, its beginning taken from the exchange's own snapshot.
   *
   * @throws ApiError as the list itself would
   */
  open(exchange: Exchange, place: ResourcePlace, readParameters: ReadListParameters): Promise<ApiResponse>;
}
