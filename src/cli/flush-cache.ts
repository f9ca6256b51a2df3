import { Command } from 'commander';
import { addSettingsOptions, say, type SettingsOptions } from './settings-options.js';

export function flushCacheCommand(): Command {
  const command = new Command('flush-cache').description('Forget what the cache holds: tokens, verified passwords.');
  return addSettingsOptions(command).action(async (options: SettingsOptions) => {
    const { flushCache } = await import('./flush-caches.js');
    say(options, await flushCache(options));
  });
}
