import type { ApiRequest, ApiResponse, ResponseHeaders } from './api-message.js';

/** A type that the text of a redirect can have, and that text. */
interface Form {
  readonly type: string;
  readonly contentType: string;
  /** @param target without the host, in ASCII */
  write(target: string): string;
}

const STATUS = '307 Temporary Redirect';

function sentence(target: string): string {
  return `The resource has been moved to ${target}; you should be redirected automatically.`;
}

/* The forms are those of Pyramid, which Kinto is made with, to the byte: whoever has no Accept gets the last one. */

const HTML: Form = {
  type: 'text/html',
  contentType: 'text/html; charset=UTF-8',
  write: (target) =>
    `<html>\n <head>\n  <title>${STATUS}</title>\n </head>\n <body>\n  <h1>${STATUS}</h1>\n  ${sentence(
      escapeHtml(target),
    )}\n\n\n </body>\n</html>`,
};

const JSON_FORM: Form = {
  type: 'application/json',
  contentType: 'application/json',
  write: (target) =>
    `{"message": ${JSON.stringify(`${sentence(target)}\n\n`)}, "code": "${STATUS}", "title": "Temporary Redirect"}`,
};

const PLAIN: Form = {
  type: 'text/plain',
  contentType: 'text/plain; charset=UTF-8',
  write: (target) => `${STATUS}\n\n${sentence(target)}\n\n`,
};

/** The types that the text of a redirect can have. */
export const REDIRECT_TYPES: readonly string[] = [HTML, JSON_FORM, PLAIN].map(({ type }) => type);

/** @param path where it is, without the host, decoded; may come from whoever asks */
export function redirectTo(request: ApiRequest, path: string, headers: ResponseHeaders): ApiResponse {
  const { origin, queryString } = request;
  const target = encodePath(path) + (queryString === '' ? '' : `?${asAscii(queryString)}`);
  const form = formFor(request.headers.accept);
  return {
    status: 307,
    headers: { Location: origin + target, 'Content-Type': form.contentType, ...headers },
    body: form.write(target),
  };
}

/** What a header cannot hold as it stands is written as its bytes; Node hands each byte on as one character. */
function asAscii(text: string): string {
  return text.replace(/[^!-~]/g, (character) => {
    return `%${(character.charCodeAt(0) & 0xff).toString(16).toUpperCase().padStart(2, '0')}`;
  });
}

/** Every path in the one way that it can be written. */
function encodePath(path: string): string {
  return encodeURI(path).replace(/[?#]/g, encodeURIComponent);
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function formFor(accept: string | undefined): Form {
  if (accept === undefined || accept.trim() === '') return PLAIN;
  const ranges = accept.split(',').map((range) => range.split(';').map((part) => part.trim().toLowerCase()));
  // What is no list of media ranges is as good as anything at all.
  if (ranges.some(([name = '']) => !/^[^\s/]+\/[^\s/]+$/.test(name))) return HTML;
  const html = qualityOf(ranges, HTML.type);
  const json = qualityOf(ranges, JSON_FORM.type);
  if (html === 0 && json === 0) return PLAIN;
  return json > html ? JSON_FORM : HTML;
}

/** The most specific range decides. */
function qualityOf(ranges: readonly (readonly string[])[], type: string): number {
  for (const wanted of [type, `${type.split('/', 1)[0]}/*`, '*/*']) {
    const range = ranges.find(([name]) => name === wanted);
    if (range === undefined) continue;
    const quality = range.find((part) => part.startsWith('q='));
    return quality === undefined ? 1 : Number(quality.slice(2)) || 0;
  }
  return 0;
}
