import { randomBytes, randomUUID } from 'node:crypto';
import { bodyProblem } from '../../resources/write-body.js';
import type {
  ListOptions,
  ObjectList,
  Selection,
  StorageView,
  UnitOfWork,
  WrittenObject,
} from '../../storage/storage.js';
import { ApiError, invalidParameters } from '../../wire/api-error.js';
import type { JsonObject } from '../../wire/json.js';
import { StoredObject } from '../../wire/stored-object.js';
import { kept, secretOf, shown, subscriptionList, subscriptionStates, withSecret } from './stored-subscription.js';
import type { SubscriptionKind } from './subscription-kinds.js';

/** Whose subscriptions, and what the settings say of them. */
export interface Ownership {
  readonly owner: string;
  readonly kind: SubscriptionKind;
  readonly maxPerUser: number;
  /** In ms; 0: never. */
  readonly expiresAfter: number;
}

const EVERYTHING: Selection = { filters: [], sort: [], limit: 1, includeDeleted: false };

/** The subscriptions of one user as that user sees them: with how they fare, and without their secrets. */
export class OwnedView implements StorageView {
  constructor(
    private readonly view: StorageView,
    protected readonly ownership: Ownership,
  ) {}

  get sql() {
    return this.view.sql;
  }

  async findObject(_list: ObjectList, id: string): Promise<StoredObject | undefined> {
    const found = await this.view.findObject(this.list, id);
    return found === undefined ? undefined : this.show(found);
  }

  hasObject(_list: ObjectList, id: string): Promise<boolean> {
    return this.view.hasObject(this.list, id);
  }

  async listObjects(_list: ObjectList, selection: Selection, options?: ListOptions): Promise<StoredObject[]> {
    this.ensureSecretUnasked(selection);
    const found = await this.view.listObjects(this.list, selection, options);
    const all: StoredObject[] = [];
    for (const each of found) all.push(await this.show(each));
    return all;
  }

  countObjects(_list: ObjectList, selection: Selection, options?: ListOptions): Promise<number> {
    this.ensureSecretUnasked(selection);
    return this.view.countObjects(this.list, selection, options);
  }

  findListTimestamp(): Promise<number | undefined> {
    return this.view.findListTimestamp(this.list);
  }

  protected get list(): ObjectList {
    return subscriptionList(this.ownership.owner, this.ownership.kind.name);
  }

  protected async show(stored: StoredObject): Promise<StoredObject> {
    const { owner, kind, expiresAfter } = this.ownership;
    if (stored.deleted) return stored;
    const state = await subscriptionStates.find(this.view, owner, kind.name, stored);
    return shown(kind, stored, state, expiresAfter === 0 ? undefined : stored.lastModified + expiresAfter);
  }

  /** By comparing and sorting, a secret can be read as well, character by character. */
  private ensureSecretUnasked({ filters, sort }: Selection): void {
    const [first] = this.ownership.kind.secretPath;
    const asked = [...filters, ...sort].some(({ path }) => path[0] === first);
    if (!asked) return;
    const description = `Nothing can be filtered or sorted by ${first}`;
    throw invalidParameters([{ location: 'querystring', name: null, description }]);
  }
}

/** The same, to write to. */
export class OwnedUnit extends OwnedView implements UnitOfWork {
  constructor(
    private readonly unit: UnitOfWork,
    ownership: Ownership,
  ) {
    super(unit, ownership);
  }

  get id() {
    return this.unit.id;
  }

  /** A secret that the server has made is shown this once. */
  async createObject(_list: ObjectList, id: string, value: JsonObject): Promise<WrittenObject> {
    await this.ensureRoom();
    const { kind, owner } = this.ownership;
    const sent = kept(kind, value, undefined);
    const isGiven = secretOf(kind, sent) !== undefined;
    if (!isGiven && kind.name !== 'webhook') {
      throw invalidParameters([bodyProblem(`data.${kind.secretPath.join('.')}`, 'Required')]);
    }
    const secret = isGiven ? undefined : `whsec_${randomBytes(32).toString('base64')}`;
    const whole = secret === undefined ? sent : withSecret(kind, sent, secret);
    const written = await this.unit.createObject(this.list, id, { ...whole, owner });
    const object = await this.show(written.object);
    if (secret === undefined) return { ...written, object };
    const open = withSecret(kind, { ...object.value }, secret);
    return { ...written, object: StoredObject.of(id, object.lastModified, open) };
  }

  async updateObject(_list: ObjectList, previous: StoredObject, value: JsonObject): Promise<WrittenObject> {
    const { owner, kind } = this.ownership;
    const before = await this.unit.findObject(this.list, previous.id);
    const whole: JsonObject = { ...kept(kind, value, before), owner };
    if (before !== undefined && (await this.isOff(before))) {
      // It begins anew behind this very write.
      whole.replay = `here:${randomUUID()}`;
      whole.resumed = true;
    } else if (before !== undefined && (await this.hasYetToResume(before))) whole.resumed = true;
    const written = await this.unit.updateObject(this.list, before ?? previous, whole);
    return { ...written, object: await this.show(written.object) };
  }

  async deleteObject(_list: ObjectList, previous: StoredObject, suggested?: number): Promise<WrittenObject> {
    const { owner, kind } = this.ownership;
    await subscriptionStates.remove(this.unit, owner, kind.name, previous.id);
    return this.unit.deleteObject(this.list, previous, suggested);
  }

  ensureListTimestamp(): Promise<number> {
    return this.unit.ensureListTimestamp(this.list);
  }

  deleteBelow(uri: string): Promise<void> {
    return this.unit.deleteBelow(uri);
  }

  deleteEverything(): Promise<void> {
    return this.unit.deleteEverything();
  }

  nested<T>(work: () => Promise<T>): Promise<T> {
    return this.unit.nested(work);
  }

  onceDurable(callback: () => void): void {
    this.unit.onceDurable(callback);
  }

  /** Whether changes pass it by. */
  private async isOff(before: StoredObject): Promise<boolean> {
    const { owner, kind } = this.ownership;
    if (before.value.active === false) return true;
    return (await subscriptionStates.find(this.unit, owner, kind.name, before)).state === 'disabled';
  }

  /** Whether no message has said yet that changes have passed it by. */
  private async hasYetToResume(before: StoredObject): Promise<boolean> {
    const { owner, kind } = this.ownership;
    if (before.value.resumed !== true) return false;
    const { lastSuccess = 0 } = await subscriptionStates.find(this.unit, owner, kind.name, before);
    return lastSuccess < before.lastModified;
  }

  /** @throws ApiError 403 when the user has as many as they may */
  private async ensureRoom(): Promise<void> {
    const { maxPerUser } = this.ownership;
    if ((await this.unit.countObjects(this.list, EVERYTHING)) < maxPerUser) return;
    throw new ApiError('FORBIDDEN', {
      message: `Nobody may have more than ${maxPerUser} of these.`,
      details: { limit: maxPerUser },
    });
  }
}
