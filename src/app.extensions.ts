import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ListenersSettings, type ListenerKinds } from './changes/change-listener.js';
import { CommitHooksSettings, guardedHook, OwnHookSettings, type CommitHooks } from './changes/commit-hook.js';
import { isCommitHookDefinition, isListenerDefinition } from './changes/define-listener.js';
import { readSettings, resolveDottedName, SettingsError, type SettingSource } from './settings/settings.js';

/**
 * Loads the listeners that are no built-in kind: files, or installed packages. Each becomes a kind under the very word
 * that names it.
 *
 * @throws SettingsError naming the key, and what is wrong with the file or package
 */
export async function addOwnListeners(kinds: ListenerKinds, source: SettingSource): Promise<void> {
  for (const name of readSettings(ListenersSettings, source).names) {
    const key = `event_listeners.${name}.use`;
    const use = source.find(key)?.text.trim() ?? '';
    if (use === '' || kinds.find(use) !== undefined) continue;
    if (!isFile(use) && kinds.find(resolveDottedName('listener', use)) !== undefined) continue;
    const found = await load(use, key, source);
    // A word that is neither is most likely a slip; whoever reads the settings next names the kinds there are.
    if (found === undefined) continue;
    if (!isListenerDefinition(found.default)) {
      throw new SettingsError(key, `${use}: its default export is not made by defineListener`);
    }
    kinds.add(use, { ...found.default, kind: use });
  }
}

/** The same for commit hooks, of which there are no built-in kinds to choose from. */
export async function addOwnCommitHooks(hooks: CommitHooks, source: SettingSource): Promise<void> {
  for (const name of readSettings(CommitHooksSettings, source).names) {
    const prefix = `commit_hooks.${name}.`;
    const key = `${prefix}use`;
    const use = source.find(key)?.text.trim() ?? '';
    const found = use === '' ? undefined : await load(use, key, source);
    if (found === undefined)
      throw new SettingsError(key, `${use || 'not set'}: expected a file or an installed package`);
    const definition = found.default;
    if (!isCommitHookDefinition(definition)) {
      throw new SettingsError(key, `${use}: its default export is not made by defineCommitHook`);
    }
    const settings = readSettings(definition.settings, source, { prefixes: [prefix] });
    const { timeout } = readSettings(OwnHookSettings, source, { prefixes: [prefix] });
    hooks.add(
      name,
      guardedHook(
        name,
        made(() => definition.create(settings, { name }), prefix),
        timeout,
      ),
    );
  }
}

function made<T>(make: () => T, prefix: string): T {
  try {
    return make();
  } catch (cause) {
    throw new SettingsError(prefix.slice(0, -1), sentenceOf(cause), { cause });
  }
}

function isFile(use: string): boolean {
  return isAbsolute(use) || /^\.{1,2}[\\/]/.test(use);
}

/** @returns `undefined` when there is no package of that name */
async function load(use: string, key: string, source: SettingSource): Promise<{ default?: unknown } | undefined> {
  const base = source.file === undefined ? process.cwd() : dirname(resolve(source.file.path));
  const url = urlOf(use, base);
  if (url === undefined) {
    if (isFile(use)) throw new SettingsError(key, `${use}: there is no such file beside the settings (${base})`);
    return undefined;
  }
  try {
    return (await import(url)) as { default?: unknown };
  } catch (cause) {
    throw new SettingsError(key, `${use} cannot be loaded: ${sentenceOf(cause)}`, { cause });
  }
}

/** Files are looked for beside the settings, packages from there upward as Node does, then among our own. */
function urlOf(use: string, base: string): string | undefined {
  if (isFile(use)) {
    const path = resolve(base, use);
    return existsSync(path) ? pathToFileURL(path).href : undefined;
  }
  for (const from of [resolve(base, 'settings.ini'), import.meta.url]) {
    const require = createRequire(from);
    try {
      return pathToFileURL(require.resolve(use)).href;
    } catch (error) {
      // A package that can only be imported is not found by requiring it.
      if ((error as NodeJS.ErrnoException).code !== 'ERR_PACKAGE_PATH_NOT_EXPORTED') continue;
      for (const directory of require.resolve.paths(use) ?? []) {
        const entry = entryOf(join(directory, use));
        if (entry !== undefined) return pathToFileURL(entry).href;
      }
    }
  }
  return undefined;
}

/** What a package exports to those who import it (Node.js documentation, Packages: conditional exports). */
function entryOf(directory: string): string | undefined {
  const file = join(directory, 'package.json');
  if (!existsSync(file)) return undefined;
  const { exports } = JSON.parse(readFileSync(file, 'utf8')) as { exports?: unknown };
  let target = isRecord(exports) && '.' in exports ? exports['.'] : exports;
  while (isRecord(target)) target = target.node ?? target.import ?? target.default;
  return typeof target === 'string' ? join(directory, target) : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function sentenceOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
