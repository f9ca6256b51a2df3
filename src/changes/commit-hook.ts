import { IsInt, Max, Min } from 'class-validator';
import { Setting } from '../settings/setting.js';
import type { UnitOfWork } from '../storage/storage.js';
import { ApiError } from '../wire/api-error.js';
import { Registry } from '../wire/registry.js';
import type { ResourceChange } from './resource-change.js';

/**
 * Stands inside the transaction. Hooks are called one after another, in the order they were added, with everything
 * the request changed. They may write through the unit and may throw to refuse the request: then all of it is undone.
 * They must await nothing but the unit: other writers wait for it.
 */
export interface CommitHook {
  beforeCommit(changes: readonly ResourceChange[], unit: UnitOfWork): Promise<void>;
}

export class CommitHooks extends Registry<CommitHook> {
  constructor() {
    super('commit hook');
  }
}

export class CommitHooksSettings {
  @Setting({
    key: 'commit_hooks',
    type: 'list',
    default: [],
    sentence: 'The names of commit hooks of your own, each with commit_hooks.<name>.use: a file or a package.',
  })
  names!: readonly string[];
}

/** What every commit hook of somebody's own may be told, under `commit_hooks.<name>.`. */
export class OwnHookSettings {
  @Setting({
    key: 'use',
    type: 'string',
    default: '',
    sentence: 'The file, beside this one, or the installed package.',
  })
  use!: string;

  @Setting({
    key: 'timeout',
    type: 'integer',
    default: 2000,
    sentence: 'How long, in milliseconds, it may take for one request, which is refused then; all writers wait for it.',
  })
  @IsInt()
  @Min(1)
  @Max(60_000)
  timeout!: number;
}

/**
 * The hook of somebody else, who may have made a mistake: what takes longer than `timeout` ms is a refusal, and so is
 * an error of its own, as a 503 with the hook's name in the log. An ApiError that it throws is its answer.
 */
export function guardedHook(name: string, hook: CommitHook, timeout: number): CommitHook {
  return {
    async beforeCommit(changes, unit) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no answer within ${timeout} ms`)), timeout);
      });
      try {
        await Promise.race([hook.beforeCommit(changes, unit), late]);
      } catch (error) {
        if (error instanceof ApiError) throw error;
        const reason = error instanceof Error ? error.message : String(error);
        throw new ApiError('BACKEND', { cause: new Error(`Commit hook ${name}: ${reason}`, { cause: error }) });
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
