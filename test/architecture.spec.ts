import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import ts from 'typescript';

/** The house of DESIGN.md: a room imports only from lower levels. */
const LEVELS: Readonly<Record<string, number>> = {
  wire: 0,
  client: 0,
  settings: 1,
  outgoing: 1,
  storage: 2,
  cache: 2,
  bus: 2,
  permissions: 3,
  changes: 3,
  auth: 4,
  resources: 5,
  realtime: 5,
  listeners: 6,
  plugins: 6,
  composition: 7,
};

/** Where one folder is one room. */
const CORRIDORS = ['listeners', 'plugins'];

/** Rooms that may import less than what lies below them. */
const ONLY_FROM: Readonly<Record<string, readonly string[]>> = {
  realtime: ['wire', 'settings'],
  // It runs in browsers: nothing of the server may come with it, and no package.
  client: [],
};

const MAX_LINES = 250;

interface Source {
  /** From the root of the repository, with `/`. */
  readonly path: string;
  readonly text: string;
}

interface Room {
  /** `storage`, or `listeners/pusher`: what may import from itself. */
  readonly name: string;
  readonly level: number;
}

/** @throws Error when the folder is in no row of the table */
function roomOf(path: string): Room {
  const [folder, ...rest] = path.split('/').slice(1);
  if (folder === undefined || rest.length === 0 || folder === 'cli') return { name: 'composition', level: 7 };
  const level = LEVELS[folder];
  if (level === undefined) throw new Error(`${path}: the folder ${folder} has no level`);
  return { name: CORRIDORS.includes(folder) && rest.length > 1 ? `${folder}/${rest[0]!}` : folder, level };
}

function importsOf({ text }: Source): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
}

/** Every import that the house does not allow, as `file imports what: why`. */
function wrongImports(sources: readonly Source[]): string[] {
  return sources.flatMap((source) =>
    importsOf(source).flatMap((imported) => {
      const objection = imported.startsWith('.')
        ? objectionToFile(source, posix.join(posix.dirname(source.path), imported))
        : objectionToPackage(source, imported);
      return objection === undefined ? [] : [`${source.path} imports ${imported}: ${objection}`];
    }),
  );
}

function objectionToFile({ path }: Source, target: string): string | undefined {
  if (!target.startsWith('src/')) return 'it lies outside of src';
  const from = roomOf(path);
  const to = roomOf(target);
  if (from.name === to.name) return undefined;
  if (to.level > from.level) return `${to.name} is above ${from.name}`;
  if (to.level === from.level) return `${to.name} is beside ${from.name}`;
  const allowed = ONLY_FROM[from.name];
  if (allowed !== undefined && !allowed.includes(to.name)) return `${from.name} knows only ${allowed.join(' and ')}`;
  return undefined;
}

function objectionToPackage({ path }: Source, imported: string): string | undefined {
  if (roomOf(path).name === 'client') return 'client has no dependency, not even on Node';
  if (roomOf(path).name === 'wire') return 'wire is plain TypeScript, without packages and without I/O';
  if (/^(@nestjs\/)?typeorm(\/|$)/.test(imported) && !mayKnowTypeorm(path)) return 'TypeORM is not known here';
  return undefined;
}

function mayKnowTypeorm(path: string): boolean {
  return (
    path.startsWith('src/storage/') ||
    path.startsWith('src/permissions/entities/') ||
    path === 'src/permissions/migrations.ts' ||
    path === 'src/permissions/postgresql-migrations.ts' ||
    path === 'src/app.schema.ts'
  );
}

function environmentReaders(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => roomOf(path).name !== 'settings')
    .filter(({ text }) => /\bprocess\s*\??\.\s*env\b|\bprocess\s*\[|\benv\b[^;]*from '(node:)?process'/.test(text))
    .map(({ path }) => path);
}

function longFiles(sources: readonly Source[]): string[] {
  return sources
    .map(({ path, text }) => ({ path, lines: text.trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > MAX_LINES)
    .map(({ path, lines }) => `${path} has ${lines} lines`);
}

function readSources(): Source[] {
  const root = join(import.meta.dirname, '..');
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({
      path: posix.join('src', ...name.split(sep)),
      text: readFileSync(join(root, 'src', name), 'utf8'),
    }));
}

describe('The house', () => {
  const sources = readSources();

  it('is read whole', () => {
    const paths = sources.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(['src/app.schema.ts', 'src/wire/json.ts', 'src/storage/storage.ts']));
  });

  it('has imports that point downstairs', () => {
    expect(wrongImports(sources)).toEqual([]);
  });

  it('reads the environment in the settings alone', () => {
    expect(environmentReaders(sources)).toEqual([]);
  });

  it('has files that are read in one sitting', () => {
    expect(longFiles(sources)).toEqual([]);
  });
});

describe('The watch over the house', () => {
  it.each([
    ['src/storage/a.ts', '../permissions/b.js', 'permissions is above storage'],
    ['src/permissions/a.ts', '../changes/b.js', 'changes is beside permissions'],
    ['src/storage/sqlite/a.ts', '../../cache/b.js', 'cache is beside storage'],
    ['src/resources/kinto/a.ts', '../../realtime/b.js', 'realtime is beside resources'],
    ['src/changes/a.ts', '../listeners/pusher/b.js', 'listeners/pusher is above changes'],
    ['src/realtime/a.ts', '../storage/b.js', 'realtime knows only wire and settings'],
    ['src/realtime/a.ts', '../auth/b.js', 'realtime knows only wire and settings'],
    ['src/listeners/pusher/a.ts', '../webhook/b.js', 'listeners/webhook is beside listeners/pusher'],
    ['src/listeners/pusher/a.ts', '../../plugins/history/b.js', 'plugins/history is beside listeners/pusher'],
    ['src/plugins/history/a.ts', '../quotas/b.js', 'plugins/quotas is beside plugins/history'],
    ['src/plugins/history/a.ts', '../../app.module.js', 'composition is above plugins/history'],
    ['src/wire/a.ts', '../settings/b.js', 'settings is above wire'],
    ['src/wire/a.ts', 'node:crypto', 'wire is plain TypeScript, without packages and without I/O'],
    ['src/auth/a.ts', '../../test/support/b.js', 'it lies outside of src'],
    ['src/changes/a.ts', 'typeorm', 'TypeORM is not known here'],
    ['src/permissions/access.ts', 'typeorm', 'TypeORM is not known here'],
    ['src/resources/a.ts', '@nestjs/typeorm', 'TypeORM is not known here'],
  ])('%s may not import %s', (path, imported, why) => {
    const forms = [
      `import { x } from '${imported}';`,
      `import type { X } from '${imported}';`,
      `import '${imported}';`,
      `export * from '${imported}';`,
      `const x = await import('${imported}');`,
    ];
    for (const text of forms) expect(wrongImports([{ path, text }])).toEqual([`${path} imports ${imported}: ${why}`]);
  });

  it.each([
    ['src/storage/sqlite/a.ts', '../storage.js'],
    ['src/storage/a.ts', 'typeorm'],
    ['src/permissions/entities/a.ts', 'typeorm'],
    ['src/listeners/pusher/a.ts', './message.js'],
    ['src/listeners/pusher/a.ts', '../../realtime/hub.js'],
    ['src/plugins/history/a.ts', '../../resources/b.js'],
    ['src/wire/query/a.ts', '../json.js'],
    ['src/cli/start.ts', '../app.module.js'],
    ['src/app.module.ts', './listeners/pusher/b.js'],
    ['src/main.ts', './cli/start.js'],
  ])('%s may import %s', (path, imported) => {
    expect(wrongImports([{ path, text: `import { x } from '${imported}';` }])).toEqual([]);
  });

  it('asks for a level when a new folder appears', () => {
    expect(() => wrongImports([{ path: 'src/misc/a.ts', text: `import 'node:fs';` }])).toThrow('misc has no level');
  });

  it('sees whoever reads the environment', () => {
    const text = 'const port = process.env.PORT;';
    expect(environmentReaders([{ path: 'src/auth/a.ts', text }])).toEqual(['src/auth/a.ts']);
    expect(environmentReaders([{ path: 'src/settings/a.ts', text }])).toEqual([]);
    const imported = `import { env } from 'node:process';`;
    expect(environmentReaders([{ path: 'src/app.module.ts', text: imported }])).toEqual(['src/app.module.ts']);
  });

  it('sees a file that is too long', () => {
    const text = 'x\n'.repeat(MAX_LINES);
    expect(longFiles([{ path: 'src/auth/a.ts', text }])).toEqual([]);
    expect(longFiles([{ path: 'src/auth/a.ts', text: `${text}x\n` }])).toEqual(['src/auth/a.ts has 251 lines']);
  });
});
