import { Command } from 'commander';
import { addSettingsOptions, say, type SettingsOptions } from './settings-options.js';

export interface DeleteOptions extends SettingsOptions {
  readonly bucket: string;
  readonly collection: string;
}

export function deleteCollectionCommand(): Command {
  const command = new Command('delete-collection')
    .description('Delete a collection with its records and the permissions on them.')
    .requiredOption('--bucket <id>', 'the bucket where the collection is')
    .requiredOption('--collection <id>', 'the collection to delete');
  return addSettingsOptions(command).action(async (options: DeleteOptions) => {
    const { deleteCollection } = await import('./delete-collection-object.js');
    say(options, await deleteCollection(options));
  });
}
