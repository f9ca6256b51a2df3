import { Logger } from '@nestjs/common';
import { inspect } from 'node:util';
import { UndeliverableChange } from '../../src/changes/change-listener.js';
import type { CommittedChange } from '../../src/changes/resource-change.js';
import { eventually } from '../realtime/support/eventually.js';
import { committedChange } from '../support/committed-change.js';
import type { FakeReceiver, Reaction } from '../support/fake-receiver.js';
import { RecordingLog } from '../support/recording-log.js';
import { idsOf, objectsAt, OLD_SECRET, SECRET, shownObjects, WebhookScene } from './support/webhook-listening.js';

describe('The webhook listener, when it is answered,', () => {
  let scene: WebhookScene;
  let receiver: FakeReceiver;
  let other: FakeReceiver;
  const listen = (...more: string[]) => scene.listen(...more);
  const listenAt = (urls: string, ...more: string[]) => scene.listenAt(urls, ...more);
  const tell = (change?: CommittedChange, cutOff?: AbortSignal) => scene.tell(change, cutOff);
  const failureOf = (telling: Promise<void>) => scene.failureOf(telling);

  beforeEach(async () => {
    scene = await WebhookScene.open();
    ({ receiver, other } = scene);
    listen();
  });
  afterEach(() => scene.close());

  describe('understands', () => {
    it.each([200, 201, 202, 204, 206])('%d as taken', async (status) => {
      receiver.reactions.push({ status, ...(status === 204 ? {} : { body: 'thanks' }) });
      await tell();
      expect(receiver.received).toHaveLength(1);
    });

    it.each<[number, boolean]>([
      ...[400, 405, 413, 415, 422].map((status): [number, boolean] => [status, true]),
      ...[401, 403, 404, 408, 409, 425, 429, 500, 502, 503, 504].map((status): [number, boolean] => [status, false]),
      ...[301, 302, 303, 304, 307, 308].map((status): [number, boolean] => [status, false]),
    ])('%d, and whether that is for good: %s', async (status, isForGood) => {
      receiver.reactions.push({ status, headers: { location: `${other.url}/elsewhere` } });
      const failure = await failureOf(tell());
      expect(failure.message).toContain(`${receiver.url} answered ${status}`);
      expect(failure instanceof UndeliverableChange).toBe(isForGood);
      expect([receiver.received.length, other.received.length]).toEqual([1, 0]);
    });

    it('a redirect as a failure that it names', async () => {
      receiver.reactions.push({ status: 307, headers: { location: `${other.url}/` } });
      await expect(tell()).rejects.toThrow('answered 307, a redirect, which is not followed');
    });

    it.each<[string, Reaction, string]>([
      ['a page of HTML', { status: 500, body: '<h1>\n\tOops</h1>\n' }, 'answered 500: <h1> Oops</h1>'],
      ['a long answer', { status: 502, body: 'x'.repeat(9000) }, `answered 502: ${'x'.repeat(200)}`],
      ['an answer without a word', { status: 500 }, 'answered 500'],
    ])('%s, and shows it shortened', async (_, reaction, message) => {
      receiver.reactions.push(reaction);
      expect((await failureOf(tell())).message).toBe(`${receiver.url} ${message}`);
    });

    it('a connection that is cut, and one that is refused', async () => {
      receiver.reactions.push('cut');
      await expect(tell()).rejects.toThrow(`${receiver.url}: could not be reached (UND_ERR_SOCKET)`);
      await receiver.close();
      await expect(tell()).rejects.toThrow(': could not be reached (ECONNREFUSED)');
    });

    it('a short Retry-After, and waits for it within the try', async () => {
      receiver.reactions.push({ status: 429, headers: { 'retry-after': '1' } });
      const started = performance.now();
      await tell();
      expect(performance.now() - started).toBeGreaterThan(900);
      expect(new Set(idsOf(receiver)).size).toBe(1);
      expect(receiver.received).toHaveLength(2);
    });

    it('a Retry-After that is a date, and asks once more, not for ever', async () => {
      const past = { 'retry-after': new Date(Date.now() - 5000).toUTCString() };
      receiver.reactions.push({ status: 503, headers: past }, { status: 503, headers: past });
      await expect(tell()).rejects.toThrow('answered 503 (not before 0 s)');
      expect(receiver.received).toHaveLength(2);
    });

    it.each([
      ['3600', 'answered 503 (not before 3600 s): Busy'],
      ['soon', 'answered 503: Busy'],
      ['-5', 'answered 503: Busy'],
    ])('that a Retry-After of %s is no reason to wait', async (header, message) => {
      receiver.reactions.push({ status: 503, body: 'Busy', headers: { 'retry-after': header } });
      await expect(tell()).rejects.toThrow(message);
      expect(receiver.received).toHaveLength(1);
    });
  });

  describe('does not wait', () => {
    it('for a receiver that hangs', async () => {
      listen('timeout = 40');
      receiver.reactions.push('hang');
      await expect(tell()).rejects.toThrow(`${receiver.url}: no answer within 40 ms`);
    });

    it('for the rest of an answer once it has the status', async () => {
      listen('timeout = 100');
      receiver.reactions.push({ status: 200, begun: 'thank' });
      await tell();
    });

    it('beyond the end of its try, and sends nothing more of it', async () => {
      listen('payload = object');
      receiver.reactions.push('hang');
      const cutOff = new AbortController();
      const telling = failureOf(tell(committedChange({ impacted: objectsAt('r1', 'r2') }), cutOff.signal));
      await eventually(() => receiver.received.length === 1, 'the first message has arrived');
      const reason = new Error('too late');
      cutOff.abort(reason);
      expect(await telling).toBe(reason);
      expect(shownObjects(receiver)).toEqual(['r1']);
    });

    it('for a Retry-After beyond the end of its try', async () => {
      receiver.reactions.push({ status: 429, headers: { 'retry-after': '5' } });
      const cutOff = new AbortController();
      const telling = failureOf(tell(committedChange(), cutOff.signal));
      await eventually(() => receiver.received.length === 1, 'the message has arrived');
      cutOff.abort(new Error('too late'));
      expect((await telling).message).toBe('too late');
    });
  });

  describe('goes on where it stopped', () => {
    it('within a change of several messages', async () => {
      listen('payload = object');
      receiver.reactions.push({ status: 200 }, { status: 500 });
      const change = committedChange({ impacted: objectsAt('r1', 'r2', 'r3') });
      await expect(tell(change)).rejects.toThrow('answered 500');
      await tell(change);
      expect(shownObjects(receiver)).toEqual(['r1', 'r2', 'r2', 'r3']);
    });

    it('and sends the others when one is refused, which it then says', async () => {
      listen('payload = object');
      receiver.reactions.push({ status: 422, body: 'No' });
      const failure = await failureOf(tell(committedChange({ impacted: objectsAt('r1', 'r2') })));
      expect(failure).toBeInstanceOf(UndeliverableChange);
      expect(shownObjects(receiver)).toEqual(['r1', 'r2']);
    });

    it('also when another change was told in between', async () => {
      listen('payload = object');
      const change = committedChange({ impacted: objectsAt('r1', 'r2') });
      receiver.reactions.push({ status: 200 }, { status: 500 });
      await expect(tell(change)).rejects.toThrow('answered 500');
      await tell(committedChange({ id: 'request:e.9.0000', impacted: objectsAt('r9') }));
      await tell(change);
      expect(shownObjects(receiver)).toEqual(['r1', 'r2', 'r9', 'r2']);
    });
  });

  describe('with two URLs', () => {
    beforeEach(() => listenAt(`${receiver.url}/one ${other.url}/two`));

    it('sends everything to both, with one id', async () => {
      await tell();
      expect(idsOf(receiver)).toEqual(idsOf(other));
      expect([receiver.received[0]?.path, other.received[0]?.path]).toEqual(['/one', '/two']);
    });

    it('sends again only to the one that has failed', async () => {
      receiver.reactions.push({ status: 500 }, 'cut');
      const message = (await failureOf(tell())).message;
      expect(message).toBe(`url 1 (${receiver.url}) answered 500`);
      await expect(tell()).rejects.toThrow('url 1');
      await tell();
      expect([receiver.received.length, other.received.length]).toEqual([3, 1]);
      await tell(committedChange({ id: 'request:e.2.0000' }));
      expect([receiver.received.length, other.received.length]).toEqual([4, 2]);
    });

    it('tells of both when both fail', async () => {
      receiver.reactions.push({ status: 500 });
      other.reactions.push({ status: 503 });
      await expect(tell()).rejects.toThrow(`url 1 (${receiver.url}) answered 500; url 2 (${other.url}) answered 503`);
    });

    it('remembers a refusal until the other has taken the change', async () => {
      receiver.reactions.push({ status: 400, body: 'No' });
      other.reactions.push({ status: 500 });
      const first = await failureOf(tell());
      expect([first.message, first instanceof UndeliverableChange]).toEqual([
        `url 2 (${other.url}) answered 500`,
        false,
      ]);
      const second = await failureOf(tell());
      expect(second).toBeInstanceOf(UndeliverableChange);
      expect(second.message).toBe(`url 1 (${receiver.url}) answered 400: No`);
      expect([receiver.received.length, other.received.length]).toEqual([1, 2]);
    });

    describe('of which one answers 410', () => {
      const log = new RecordingLog();
      beforeEach(() => {
        log.lines.length = 0;
        Logger.overrideLogger(log);
      });
      afterEach(() => {
        Logger.overrideLogger(false);
      });

      it('sends it nothing more, says so aloud, and goes on with the other', async () => {
        receiver.reactions.push({ status: 410 });
        await tell();
        await tell(committedChange({ id: 'request:e.2.0000' }));
        expect([receiver.received.length, other.received.length]).toEqual([1, 2]);
        expect(log.lines).toEqual([
          `error: Listener hook: url 1 (${receiver.url}) answered 410, Gone: nothing is sent there until the next start`,
        ]);
      });

      it('passes nothing over in silence once both have', async () => {
        receiver.reactions.push({ status: 410 });
        other.reactions.push({ status: 410 });
        for (const id of ['request:e.1.0000', 'request:e.2.0000']) {
          const failure = await failureOf(tell(committedChange({ id })));
          expect(failure).toBeInstanceOf(UndeliverableChange);
          expect(failure.message).toBe('every url has answered 410, Gone');
        }
        expect([receiver.received.length, other.received.length, log.lines.length]).toEqual([1, 1, 2]);
      });
    });
  });

  it('shows no secret, whatever a receiver repeats', async () => {
    const [path, query, token] = ['T0123456789ABCDEFGH', 'query-secret', 'bearer-secret'];
    listenAt(
      `${receiver.url}/hook/${path}?key=${query}`,
      `secret = ${SECRET} ${OLD_SECRET}`,
      `headers = Authorization: Bearer ${token}`,
    );
    const hidden = [path, query, token, SECRET, SECRET.slice(6), OLD_SECRET];
    receiver.reactions.push('cut', { status: 500, body: hidden.join(' ') });
    const failures = [await failureOf(tell()), await failureOf(tell())];
    const signature = String(receiver.received[0]!.headers['webhook-signature']);
    receiver.reactions.push({ status: 401, body: `Bad signature ${signature}` });
    failures.push(await failureOf(tell()));
    expect(failures[1]!.message).toBe(`${receiver.url} answered 500: ${hidden.map(() => '***').join(' ')}`);
    expect(failures[2]!.message).toContain('answered 401: Bad signature v1,***');
    const shown = inspect([failures, scene.listener], { depth: 20, showHidden: true });
    for (const word of [...hidden, ...signature.split(' ')]) expect(shown).not.toContain(word);
  });
});
