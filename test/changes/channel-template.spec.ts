import { ChannelTemplate, PLACEHOLDERS } from '../../src/changes/channel-template.js';
import { committedChange, impacted } from '../support/committed-change.js';

function channelsOf(template: string, change = committedChange()): string[] {
  return new ChannelTemplate(template).fill(change).map(({ channel }) => channel);
}

const GROUP = committedChange({ resourceName: 'group', parentId: '/buckets/home', impacted: [impacted('g1')] });

describe('A channel template', () => {
  it.each([
    ['{resource_name}', ['record']],
    ['{action}', ['create']],
    ['{timestamp}', ['1763700000000']],
    ['{user_id}', ['basicauthalice']],
    ['{bucket_id}', ['home']],
    ['{collection_id}', ['tasks']],
    ['{record_id}', ['r1']],
    ['{group_id}', []],
  ])('fills %s for a record', (template, expected) => {
    expect(PLACEHOLDERS).toContain(template.slice(1, -1));
    expect(channelsOf(template)).toEqual(expected);
  });

  it('fills {group_id} for a group, which is in no collection', () => {
    expect(channelsOf('{bucket_id}-{group_id}', GROUP)).toEqual(['home-g1']);
    expect(channelsOf('{bucket_id}-{collection_id}', GROUP)).toEqual([]);
  });

  it('has no {user_id} when nobody was logged in', () => {
    expect(channelsOf('by-{user_id}', committedChange({ userId: null }))).toEqual([]);
  });

  it('leaves out what Pusher refuses in a channel name, and nothing else', () => {
    expect(channelsOf('aZ09-_=@,.; #/é!{bucket_id}')).toEqual(['aZ09-_=@,.;home']);
    expect(channelsOf('###')).toEqual([]);
  });

  it("splits the objects by the channel when it has the object's own id", () => {
    const change = committedChange({ impacted: [impacted('a'), impacted('b'), impacted('a', '{"again":true}')] });
    const shares = new ChannelTemplate('{bucket_id};{record_id}').fill(change);
    expect(shares.map((share) => [share.channel, share.impacted.map(({ newText }) => newText)])).toEqual([
      ['home;a', ['{"id":"a"}', '{"again":true}']],
      ['home;b', ['{"id":"b"}']],
    ]);
  });

  it("does not split by a parent's id", () => {
    const change = committedChange({ impacted: [impacted('a'), impacted('b')] });
    expect(new ChannelTemplate('{bucket_id}').fill(change)).toEqual([{ channel: 'home', impacted: change.impacted }]);
  });

  it.each([
    ['{bucket_id}-{constructor}', 'there is no placeholder {constructor}; there are resource_name, action,'],
    ['{}', 'there is no placeholder {}; there are'],
    ['{bucket_id', 'a brace stands alone'],
    ['bucket_id}', 'a brace stands alone'],
    ['', 'a channel has a name'],
  ])('is refused when it is "%s"', (template, problem) => {
    expect(() => new ChannelTemplate(template)).toThrow(RangeError);
    expect(() => new ChannelTemplate(template)).toThrow(problem);
  });
});
