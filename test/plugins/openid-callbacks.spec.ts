import { OpenIdSettings } from '../../src/plugins/openid/openid.settings.js';
import { isTrustedCallback, parseCallback, readTrustedCallbacks } from '../../src/plugins/openid/trusted-callback.js';
import { readSettings, SettingSource } from '../../src/settings/settings.js';

const ORIGIN = 'https://sync.example.com';

describe('A callback', () => {
  it.each([
    'http://localhost/',
    'http://localhost:3000',
    'http://127.0.0.1:54321/#tokens=',
    'https://sync.example.com/v1/admin/#/auth/eyJ9/',
    'https://SYNC.example.com:443/v1/admin/',
  ])('is trusted by default: %s', (callback) => {
    expect(isTrusted(callback, '')).toBe(true);
  });

  it.each([
    'https://localhost/',
    'http://localhost.evil.example/',
    'http://localhost@evil.example/',
    'http://evil.example/http://localhost/',
    'http://evil.example\\@localhost/',
    'http://evil.example#@localhost/',
    'http://127.0.0.1.evil.example/',
    'https://sync.example.com/',
    'https://sync.example.com/v1/admin/../attachments/evil.html',
    'https://sync.example.com/v1/admin/%2e%2e/attachments/evil.html',
    'https://sync.example.com/v1/adminevil/',
    'http://sync.example.com/v1/admin/',
    'https://sync.example.com:8443/v1/admin/',
    'javascript:alert(1)//localhost/',
    'http://local\nhost/',
    ' http://localhost/',
    '//localhost/',
  ])('is not trusted by default: %s', (callback) => {
    expect(isTrusted(callback, '')).toBe(false);
  });

  it.each([
    ['https://app.example.com/*', 'https://app.example.com', true],
    ['https://app.example.com/*', 'https://app.example.com:443/x?y#z', true],
    ['https://app.example.com/*', 'http://app.example.com/', false],
    ['https://app.example.com/*', 'https://app.example.com:8443/', false],
    ['https://app.example.com/*', 'https://appxexample.com/', false],
    ['https://app.example.com/login', 'https://app.example.com/login', true],
    ['https://app.example.com/login', 'https://app.example.com/login?next=x', false],
    ['https://app.example.com/login?a=1', 'https://app.example.com/login?a=1', true],
    ['https://app.example.com/a/*', 'https://app.example.com/a/../b', false],
    ['https://app.example.com/a/*', 'https://app.example.com/a/%2E%2e/b', false],
    ['https://*.example.com/*', 'https://one.example.com/', true],
    ['https://*.example.com/*', 'https://example.com/', false],
    ['https://*.example.com/*', 'https://evil.example/.example.com/', false],
    ['https://*.example.com/*', 'https://evil.example?.example.com/', false],
    ['https://app.example.com:*/*', 'https://app.example.com:81/', true],
    ['https://app.example.com', 'https://app.example.com/', true],
    ['https://app.example.com', 'https://app.example.com/x', false],
    ['http://[::1]:*/*', 'http://[::1]:3000/', true],
    ['HTTPS://APP.example.com/*', 'https://app.example.com/', true],
    ['https://a.example/* https://b.example/*', 'https://b.example/', true],
    ['https://app.example.com/*', 'http://localhost/', false],
    ['https://app.example.com/*', 'https://sync.example.com/v1/admin/', false],
  ])('under %s: %s is trusted: %s', (trusted, callback, expected) => {
    expect(isTrusted(callback, trusted)).toBe(expected);
  });
});

function isTrusted(callback: string, trusted: string): boolean {
  const source = SettingSource.fromText(`[app:main]\ntrusted_callback_urls = ${trusted}`);
  const settings = readSettings(OpenIdSettings, source);
  const url = parseCallback(callback);
  return url !== undefined && isTrustedCallback(url, settings, readTrustedCallbacks('key', settings), ORIGIN);
}
