import { Command, InvalidArgumentError } from 'commander';
import type { ServeOptions } from './serve.js';
import { addSettingsOptions } from './settings-options.js';

export function startCommand(): Command {
  const command = new Command('start')
    .description('Serve the API and its sockets.')
    .option('--port <number>', 'the port, before that of the settings; 0: any free one', parsePort)
    .option('--reload', 'start again whenever the file with the settings changes')
    .option('--host <address>', 'the address, before that of the settings');
  return addSettingsOptions(command).action(
    async ({ reload, ...options }: ServeOptions & { readonly reload?: true }) => {
      if (reload === true) {
        const { restartOnChange } = await import('./restart-on-change.js');
        await restartOnChange(options);
      }
      // Loading the server takes a second, which --help and init shall not wait for.
      const { serve } = await import('./serve.js');
      await serve(options);
    },
  );
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('expected a number from 0 to 65535');
  return port;
}
