import { isChannelName, kindOf } from '../../src/realtime/pusher/channel-name.js';
import { newSocketId, SOCKET_ID } from '../../src/realtime/pusher/socket-id.js';

describe('A channel name', () => {
  it.each([
    ['private-encrypted-cache-x', 'private-encrypted-cache'],
    ['private-encrypted-x', 'private-encrypted'],
    ['private-cache-x', 'private-cache'],
    ['private-x', 'private'],
    ['presence-cache-x', 'presence-cache'],
    ['presence-x', 'presence'],
    ['cache-x', 'cache'],
    ['#server-to-user-x', 'user'],
    ['privatex', 'public'],
    ['presence', 'public'],
    ['my-cache-x', 'public'],
    ['Private-x', 'public'],
  ])('%s is of the kind %s', (name, kind) => {
    expect(kindOf(name)).toBe(kind);
  });

  it.each([
    ['a', true],
    ['-_=@,.;aZ0', true],
    ['x'.repeat(200), true],
    ['#server-to-user-a@b', true],
    ['', false],
    ['x'.repeat(201), false],
    ['a b', false],
    ['a\n', false],
    ['é', false],
    ['a/b', false],
    ['#a', false],
    ['#server-to-user-', false],
    ['#server-to-user-#server-to-user-a', false],
  ])('%j is legal: %s', (name, expected) => {
    expect(isChannelName(name, 200)).toBe(expected);
  });
});

describe('A socket id', () => {
  it('has the form server libraries ask for, and none comes twice', () => {
    const ids = Array.from({ length: 1000 }, newSocketId);
    for (const id of ids) expect(id).toMatch(SOCKET_ID);
    expect(new Set(ids).size).toBe(1000);
  });
});
