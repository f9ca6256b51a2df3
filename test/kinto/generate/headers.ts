import fc, { type Arbitrary } from 'fast-check';
import { ABSENT } from '../exchange.js';

type Headers = readonly (readonly [string, string])[];

const precondition: Arbitrary<Headers> = fc
  .tuple(
    fc.constantFrom('If-Match', 'If-Match', 'If-None-Match', 'If-None-Match'),
    fc.constantFrom('"{{etag:0}}"', '"{{etag:0}}"', '"{{etag:1}}"', '"{{etag:2}}"', '*', '*', '"1"'),
  )
  .map(([name, value]): Headers => [[name, value]]);

const odd: Arbitrary<Headers> = fc.constantFrom<Headers>(
  [['If-Match', '{{etag:0}}']],
  [['If-Match', 'W/"{{etag:0}}"']],
  [['If-Match', '"abc"']],
  [['If-Match', '"0"']],
  [['If-None-Match', '"*"']],
  [['If-None-Match', '']],
  [['If-None-Match', '"1", "2"']],
  [
    ['If-None-Match', '*'],
    ['If-Match', '"{{etag:0}}"'],
  ],
  [['Accept', 'text/html']],
  [['Accept', '*/*']],
  [['Accept', 'application/*;q=0.5']],
  [['Accept', 'application/json;q=0']],
  [['Accept', '']],
  [['Accept', 'text/html, application/json']],
  [['Authorization', 'Basic']],
  [['Authorization', 'Basic !!!']],
  [['Authorization', `Basic ${Buffer.from(':secret').toString('base64')}`]],
  [['Authorization', `Basic ${Buffer.from('nocolon').toString('base64')}`]],
  [['Authorization', 'Bearer abc']],
  [['Authorization', ABSENT]],
  [['Response-Behavior', 'full']],
  [['Response-Behavior', 'light']],
  [['Response-Behavior', 'diff']],
  [['Response-Behavior', 'Light']],
  [['Response-Behavior', '']],
  [['If-Modified-Since', 'Sat, 01 Jan 2028 00:00:00 GMT']],
);

const origin: Arbitrary<Headers> = fc
  .constantFrom('https://a.example.org', 'https://elsewhere.test', 'null')
  .map((value): Headers => [['Origin', value]]);

/** Of any request; most have none. */
export const requestHeaders: Arbitrary<Headers> = fc
  .tuple(rarely(4, precondition), rarely(1, odd), rarely(1, origin))
  .map((parts) => parts.flat());

/** Of OPTIONS. */
export const preflightHeaders: Arbitrary<Headers> = fc
  .tuple(
    rarely(17, origin),
    rarely(
      17,
      fc
        .constantFrom('GET', 'PUT', 'POST', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'BREW', 'get')
        .map((value): Headers => [['Access-Control-Request-Method', value]]),
    ),
    rarely(
      6,
      fc
        .constantFrom('Authorization', 'If-Match, X-Own', 'content-type')
        .map((value): Headers => [['Access-Control-Request-Headers', value]]),
    ),
  )
  .map((parts) => parts.flat());

/** @param chance out of twenty */
function rarely(chance: number, arbitrary: Arbitrary<Headers>): Arbitrary<Headers> {
  return fc.oneof({ weight: chance, arbitrary }, { weight: 20 - chance, arbitrary: fc.constant<Headers>([]) });
}
