import { createHash, randomBytes } from 'node:crypto';
import type { AttachmentStore } from '../../src/plugins/attachments/attachment-store.js';

/** What every store of files promises. The factory makes one that is empty, or as good as: names must not clash. */
export function attachmentStoreContract(factory: () => Promise<AttachmentStore>): void {
  let store: AttachmentStore;
  beforeEach(async () => (store = await factory()));

  it('gives back what was saved, byte for byte', async () => {
    for (const content of [Buffer.alloc(0), Buffer.from('hello'), randomBytes(300_000)]) {
      const name = await store.save('folder/deep er/a+b.bin', content, 'application/octet-stream');
      const found = await store.find(name);
      expect(sha256(found?.content)).toBe(sha256(content));
    }
  });

  it('never replaces a file, and counts on before the extension', async () => {
    const contents = ['one', 'two', 'three'];
    const names: string[] = [];
    for (const text of contents) names.push(await store.save('f/a.tar.gz', Buffer.from(text), 'text/plain'));
    expect(names).toEqual(['f/a.tar.gz', 'f/a.tar-1.gz', 'f/a.tar-2.gz']);
    for (const [index, name] of names.entries()) {
      expect((await store.find(name))?.content.toString()).toBe(contents[index]);
    }
    expect(await store.save('f/none', Buffer.from('x'), 'text/plain')).toBe('f/none');
    expect(await store.save('f/none', Buffer.from('x'), 'text/plain')).toBe('f/none-1');
  });

  it('gives each of many at once a name of its own', async () => {
    const texts = Array.from({ length: 8 }, (_, index) => `text ${index}`);
    const names = await Promise.all(texts.map((text) => store.save('many.txt', Buffer.from(text), 'text/plain')));
    expect(new Set(names).size).toBe(texts.length);
    const found = await Promise.all(names.map(async (name) => (await store.find(name))?.content.toString()));
    expect(found).toEqual(texts);
  });

  it('has another version for another content under the same name', async () => {
    const name = await store.save('v.txt', Buffer.from('one'), 'text/plain');
    const first = await store.find(name);
    expect((await store.find(name))?.version).toBe(first?.version);
    await store.remove(name);
    expect(await store.save('v.txt', Buffer.from('other'), 'text/plain')).toBe(name);
    expect((await store.find(name))?.version).not.toBe(first?.version);
  });

  it('forgets what was removed, and takes it as removed when it was never there', async () => {
    const name = await store.save('r.txt', Buffer.from('x'), 'text/plain');
    const other = await store.save('other.txt', Buffer.from('x'), 'text/plain');
    await store.remove(name);
    await store.remove(name);
    await store.remove('never/there.txt');
    expect(await store.find(name)).toBeUndefined();
    expect(await store.find('never/there.txt')).toBeUndefined();
    expect(await store.find(other)).toBeDefined();
  });

  it.each(['../a.txt', 'a/../../b.txt', '/etc/passwd', '', 'a//b', 'a/.hidden', 'a/', './a', 'a\\..\\b', 'a\0b'])(
    'refuses %j, whatever is asked of it',
    async (name) => {
      await expect(store.save(name, Buffer.from('x'), 'text/plain')).rejects.toThrow('plain relative path');
      await expect(store.find(name)).rejects.toThrow('plain relative path');
      await expect(store.remove(name)).rejects.toThrow('plain relative path');
    },
  );
}

function sha256(content: Buffer | undefined): string | undefined {
  return content === undefined ? undefined : createHash('sha256').update(content).digest('hex');
}
