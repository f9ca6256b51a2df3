import { ChangeCollector } from '../../src/changes/change-collector.js';
import { ChangeLog } from '../../src/changes/change-log.js';
import { CommitHooks, type CommitHook } from '../../src/changes/commit-hook.js';
import type { ObjectList, Storage, UnitOfWork, WrittenObject } from '../../src/storage/storage.js';
import type { ChangeAction } from '../../src/wire/change-action.js';
import type { JsonObject } from '../../src/wire/json.js';
import type { StoredObject } from '../../src/wire/stored-object.js';

export const BUCKETS: ObjectList = { parentId: '', resourceName: 'bucket' };
export const TASKS: ObjectList = { parentId: '/buckets/home/collections/tasks', resourceName: 'record' };

/** The steps of one request; each is noted as the resources room would note it. */
export class RequestSteps {
  constructor(
    private readonly unit: UnitOfWork,
    private readonly collector: ChangeCollector,
    private readonly userId: string | null,
  ) {}

  async create(list: ObjectList, id: string, value: JsonObject = {}): Promise<void> {
    this.note('create', list, await this.unit.createObject(list, id, value), undefined);
  }

  async update(list: ObjectList, id: string, value: JsonObject = {}): Promise<void> {
    const previous = await this.get(list, id);
    this.note('update', list, await this.unit.updateObject(list, previous, value), previous);
  }

  async delete(list: ObjectList, id: string): Promise<void> {
    const previous = await this.get(list, id);
    this.note('delete', list, await this.unit.deleteObject(list, previous), previous);
  }

  private async get(list: ObjectList, id: string): Promise<StoredObject> {
    const found = await this.unit.findObject(list, id);
    if (found === undefined) throw new Error(`The test has no object ${id}`);
    return found;
  }

  private note(
    action: ChangeAction,
    list: ObjectList,
    written: WrittenObject,
    previous: StoredObject | undefined,
  ): void {
    this.collector.note({
      list,
      action,
      objectId: written.object.id,
      position: written.position,
      timestamp: written.object.lastModified,
      userId: this.userId,
      newText: written.object.text,
      oldText: previous?.text ?? null,
    });
  }
}

/** Writes objects and their changes in one unit, as a request does. */
export class ChangeWriter {
  private readonly log: ChangeLog;

  constructor(
    private readonly storage: Storage,
    hooks: readonly CommitHook[] = [],
    private readonly userId: string | null = 'basicauth:alice',
  ) {
    const registry = new CommitHooks();
    for (const [index, hook] of hooks.entries()) registry.add(String(index), hook);
    this.log = new ChangeLog(registry);
  }

  request(work: (steps: RequestSteps) => Promise<void>): Promise<void> {
    return this.storage.write(async (unit) => {
      const collector = new ChangeCollector();
      await work(new RequestSteps(unit, collector, this.userId));
      await this.log.conclude(unit, collector);
    });
  }

  create(list: ObjectList, id: string, value: JsonObject = {}): Promise<void> {
    return this.request((steps) => steps.create(list, id, value));
  }

  update(list: ObjectList, id: string, value: JsonObject = {}): Promise<void> {
    return this.request((steps) => steps.update(list, id, value));
  }

  delete(list: ObjectList, id: string): Promise<void> {
    return this.request((steps) => steps.delete(list, id));
  }

  /** One request each, in this order. */
  async createAll(list: ObjectList, ids: readonly string[]): Promise<void> {
    await Promise.all(ids.map((id) => this.create(list, id)));
  }
}
