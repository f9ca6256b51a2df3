import type { Exchange } from './exchange.js';
import type { Shrunk } from './shrink.js';
import type { Answer } from './step.js';

/** Longer texts are cut. */
const MAX_TEXT = 1200;

/** What a developer needs: the requests, both answers to the last, and what is not alike in them. */
export function describe({ verdict }: Shrunk): string {
  const { exchanges, finding } = verdict;
  if (finding === undefined) return '';
  const isPart = !exchanges.includes(finding.exchange);
  return [
    ...exchanges.map((exchange, index) => `  ${index + 1}. ${requestLine(exchange)}`),
    ...(isPart ? [`  in it: ${requestLine(finding.exchange)}`] : []),
    `  kinto:    ${answerLine(finding.exchange.kinto.answer)}`,
    `  kumocast: ${answerLine(finding.exchange.kumocast.answer)}`,
    ...finding.problems
      .slice(0, 6)
      .map(({ where, kinto, kumocast }) => `  ${where}: kinto ${show(kinto)}, kumocast ${show(kumocast)}`),
  ].join('\n');
}

function requestLine({ step, kinto, kumocast }: Exchange): string {
  const { method, path, headers, body } = kumocast.request;
  const shown = Object.entries(headers)
    .filter(([name, value]) => name !== 'authorization' && !(name === 'content-type' && value === 'application/json'))
    .map(([name, value]) => `${name}: ${value}`);
  const statuses = [kinto.answer.status, kumocast.answer.status];
  return [
    method,
    path,
    `(${step.user ?? 'nobody'})`,
    ...shown,
    ...(body === undefined ? [] : [cut(body)]),
    `→ ${statuses[0] === statuses[1] ? statuses[0] : statuses.join(' / ')}`,
  ].join('  ');
}

function answerLine({ status, headers, text }: Answer): string {
  const shown = ['etag', 'next-page', 'location', 'allow', 'total-objects']
    .filter((name) => headers.has(name))
    .map((name) => `${name}: ${headers.get(name) ?? ''}`);
  return [status, ...shown, cut(text)].join('  ');
}

function show(value: unknown): string {
  return value === undefined ? 'has none' : cut(JSON.stringify(value));
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
