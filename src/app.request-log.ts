import { Logger } from '@nestjs/common';
import { ServerSettings } from './app.settings.js';
import type { RequestObservers } from './resources/request-observer.js';
import {
  REQUEST_SUMMARY,
  RequestLogSettings,
  requestSummaryObserver,
  summaryLine,
} from './resources/request-summary.js';
import { readSettings, type SettingSource } from './settings/settings.js';

/** A line per request, where the settings ask for it: not otherwise, as it costs a tenth of what a small request does. */
export function addRequestLog(observers: RequestObservers, source: SettingSource): void {
  const { logRequests = source.isLoggedInPython(REQUEST_SUMMARY) ?? false } = readSettings(RequestLogSettings, source);
  if (!logRequests) return;
  const { logFormat } = readSettings(ServerSettings, source);
  const log = new Logger(REQUEST_SUMMARY);
  const shown = logFormat === 'json' ? (summary: object) => summary : summaryLine;
  observers.add(
    REQUEST_SUMMARY,
    requestSummaryObserver((summary) => log.log(shown(summary))),
  );
}
