import { ChannelApp } from '../../src/realtime/channel-app.js';
import { stringToSign, verifySignature, type SignedRequest } from '../../src/realtime/pusher/signature.js';
import { APP } from './support/channels-server.js';

const app = new ChannelApp(APP);
const NOW = 1_353_088_179;
const CLOCK = { now: NOW, tolerance: 600 };

const VECTOR: SignedRequest = {
  method: 'POST',
  url:
    '/apps/3/events?auth_key=278d425bdf160c739803&auth_timestamp=1353088179&auth_version=1.0' +
    '&body_md5=ec365a775a4cd0599faeb73354201b6f' +
    '&auth_signature=da454824c97ba181a32ccc17a72625ba02771f50b50e1e7430e47a1f3f457e6c',
  body: Buffer.from('{"name":"foo","channels":["project-3"],"data":"{\\"some\\":\\"data\\"}"}'),
};

function isAccepted(request: Partial<SignedRequest>, clock = CLOCK): boolean {
  return 'parameters' in verifySignature({ ...VECTOR, ...request }, app, clock);
}

function refusalOf(request: Partial<SignedRequest>, clock = CLOCK): string {
  const verdict = verifySignature({ ...VECTOR, ...request }, app, clock);
  return 'refused' in verdict ? verdict.refused : '';
}

/** A GET whose text under the signature and whose form on the wire are given apart. */
function get(path: string, values: Record<string, string>, wirePath: string, wireQuery: string): SignedRequest {
  const auth = { auth_key: APP.key, auth_timestamp: String(NOW), auth_version: '1.0' };
  const signature = app.sign(stringToSign('GET', path, new Map(Object.entries({ ...auth, ...values }))));
  const query = new URLSearchParams({ ...auth, auth_signature: signature }).toString();
  return { method: 'GET', url: `${wirePath}?${query}${wireQuery}`, body: Buffer.alloc(0) };
}

describe('The signature of a request', () => {
  it('is accepted for the vector of the documentation', () => {
    expect(isAccepted({})).toBe(true);
  });

  it.each([
    ['1234.1234:private-foobar', '58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4'],
    [
      '1234.1234:presence-foobar:{"user_id":10,"user_info":{"name":"Mr. Channels"}}',
      '31935e7d86dba64c2a90aed31fdc61869f9b22ba9d8863bba239c03ca481bc80',
    ],
    ['1234.1234::user::{"id":"12345"}', '4708d583dada6a56435fb8bc611c77c359a31eebde13337c16ab43aa6de336ba'],
  ])('of %s is the one of the documentation', (text, hex) => {
    expect(app.sign(text)).toBe(hex);
    expect(app.isSigned(text, hex)).toBe(true);
    expect(app.isSigned(text, hex.slice(0, 63))).toBe(false);
  });

  it('does not fit another body, and the refusal names body_md5', () => {
    expect(refusalOf({ body: Buffer.from('{"name":"bar"}') })).toContain('body_md5');
    expect(refusalOf({ body: Buffer.alloc(0) })).toContain('body_md5');
  });

  it('does not fit another method, path or parameter, and the refusal shows what should have been signed', () => {
    expect(refusalOf({ method: 'PUT' })).toContain('"PUT\\n/apps/3/events\\nauth_key=');
    expect(isAccepted({ url: VECTOR.url.replace('/events', '/batch_events') })).toBe(false);
    expect(isAccepted({ url: `${VECTOR.url}&info=user_count` })).toBe(false);
  });

  it('never shows the secret', () => {
    expect(refusalOf({ method: 'PUT' })).not.toContain(APP.secret);
  });

  it('counts whatever the order of the parameters and the case of their names', () => {
    const [path, query = ''] = VECTOR.url.split('?');
    expect(isAccepted({ url: `${path}?${query.split('&').reverse().join('&')}` })).toBe(true);
    expect(isAccepted({ url: VECTOR.url.replace('auth_key', 'AUTH_Key') })).toBe(true);
  });

  it.each([
    [600, true],
    [-600, true],
    [601, false],
    [-601, false],
  ])('is accepted %d seconds away: %s', (seconds, expected) => {
    expect(isAccepted({}, { now: NOW + seconds, tolerance: 600 })).toBe(expected);
  });

  it('of another key, version or a broken time is refused by name', () => {
    expect(refusalOf({ url: VECTOR.url.replace(APP.key, 'other') })).toContain('auth_key');
    expect(refusalOf({ url: VECTOR.url.replace('1.0', '2.0') })).toContain('auth_version');
    expect(refusalOf({ url: VECTOR.url.replace('1353088179', 'soon') })).toContain('auth_timestamp');
    expect(refusalOf({ url: '/apps/3/events' })).toContain('auth_key');
    expect(refusalOf({ url: VECTOR.url.replace(/&auth_signature.*/, '') })).toContain('auth_signature is missing');
    expect(refusalOf({ url: `${VECTOR.url}&auth_key=x` })).toContain('twice');
  });

  it('needs the MD5 of a body', () => {
    expect(refusalOf({ url: VECTOR.url.replace(/&body_md5=[0-9a-f]+/, '') })).toBe('body_md5 is missing.');
  });

  it('is over plain values, whether the comma arrives raw or encoded', () => {
    const values = { info: 'user_count,subscription_count' };
    for (const wire of ['&info=user_count,subscription_count', '&info=user_count%2Csubscription_count']) {
      expect(isAccepted(get('/apps/3/channels', values, '/apps/3/channels', wire))).toBe(true);
    }
  });

  it('is over the plain path, or else the path as it arrived', () => {
    const [plain, raw] = ['/apps/3/users/u 1é/x', '/apps/3/users/u%201%C3%A9/x'];
    expect(isAccepted(get(plain, {}, raw, ''))).toBe(true);
    expect(isAccepted(get(raw, {}, raw, ''))).toBe(true);
  });

  it('takes a plus for a plus, or else for a space', () => {
    expect(isAccepted(get('/p', { q: 'a+b' }, '/p', '&q=a+b'))).toBe(true);
    expect(isAccepted(get('/p', { q: 'a b' }, '/p', '&q=a+b'))).toBe(true);
    expect(isAccepted(get('/p', { q: 'a-b' }, '/p', '&q=a+b'))).toBe(false);
  });

  it('includes the MD5 of nothing that Python sends with a GET', () => {
    const nothing = { body_md5: 'd41d8cd98f00b204e9800998ecf8427e' };
    expect(isAccepted(get('/p', nothing, '/p', `&body_md5=${nothing.body_md5}`))).toBe(true);
    expect(isAccepted(get('/p', {}, '/p', `&body_md5=${nothing.body_md5}`))).toBe(false);
  });

  it('is refused, not fallen over, when the percent-encoding is broken', () => {
    expect(isAccepted({ url: '/apps/%zz?auth_key=%&%=%E0%A4%A' })).toBe(false);
  });
});
