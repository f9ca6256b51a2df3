/** What became of webhooks since the start; each only ever grows. A webhook to two URLs counts twice. */
export class WebhookCounters {
  queued = 0;
  delivered = 0;
  failedTries = 0;
  /** Given up: too old, too many, or for a URL that is not in the settings any more. */
  dropped = 0;
}
