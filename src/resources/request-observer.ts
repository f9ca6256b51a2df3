import type { Identity } from '../auth/authenticator.js';
import { Registry } from '../wire/registry.js';
import type { ApiRequest, ApiResponse } from './api-message.js';
import type { Endpoint } from './exchange.js';

/** One request that has been answered; a batch is one. */
export interface AnsweredRequest {
  readonly request: ApiRequest;
  readonly response: ApiResponse;
  /** `undefined`: no URL of this API. */
  readonly endpoint: Endpoint | undefined;
  readonly params: Readonly<Record<string, string>>;
  /** `undefined`: it was answered before anybody asked. */
  readonly identity: Identity | undefined;
  /** How long the answer took, in ms. */
  readonly duration: number;
}

/** Watches requests for logs and metrics. Called after each answer, before it leaves; must neither throw nor wait. */
export type RequestObserver = (answered: AnsweredRequest) => void;

export class RequestObservers extends Registry<RequestObserver> {
  constructor() {
    super('request observer');
  }
}
