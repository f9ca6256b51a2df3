import { randomBytes, randomUUID } from 'node:crypto';
import { PrivateList } from '../../resources/private-list.js';
import { bodyProblem } from '../../resources/write-body.js';
import type { ObjectList, Selection, StorageView, UnitOfWork, WrittenObject } from '../../storage/storage.js';
import { ApiError, invalidParameters } from '../../wire/api-error.js';
import { isJsonObject, type JsonObject } from '../../wire/json.js';
import { StoredObject } from '../../wire/stored-object.js';
import { forgetSubscription } from './delivery/forget-subscription.js';
import { subscriptionReads } from './reads/subscription-reads.js';
import {
  hasTold,
  kept,
  secretOf,
  shown,
  subscriptionList,
  subscriptionStates,
  withSecret,
  type SubscriptionState,
} from './stored-subscription.js';
import type { SubscriptionKind } from './subscription-kinds.js';
import { Triggers } from './triggers.js';

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
export class OwnSubscriptions extends PrivateList {
  constructor(private readonly ownership: Ownership) {
    super();
  }

  listOf(): ObjectList {
    return subscriptionList(this.ownership.owner, this.ownership.kind.name);
  }

  async shown(stored: StoredObject, view: StorageView): Promise<StoredObject> {
    const { kind, expiresAfter } = this.ownership;
    const state = await this.findState(view, stored);
    return shown(kind, stored, state, expiresAfter === 0 ? undefined : stored.lastModified + expiresAfter);
  }

  /** By comparing and sorting, a secret can be read as well, character by character. */
  override ensureMaySelect({ filters, sort }: Selection): void {
    const [first] = this.ownership.kind.secretPath;
    const asked = [...filters, ...sort].some(({ path }) => path[0] === first);
    if (!asked) return;
    const description = `Nothing can be filtered or sorted by ${first}`;
    throw invalidParameters([{ location: 'querystring', name: null, description }]);
  }

  /** A secret that the server has made is shown this once. */
  override async create(unit: UnitOfWork, id: string, value: JsonObject): Promise<WrittenObject> {
    await this.ensureRoom(unit);
    const { kind, owner } = this.ownership;
    const sent = kept(kind, value, undefined);
    const isGiven = secretOf(kind, sent) !== undefined;
    if (!isGiven && kind.name !== 'webhook') {
      throw invalidParameters([bodyProblem(`data.${kind.secretPath.join('.')}`, 'Required')]);
    }
    if (isGiven) return super.create(unit, id, { ...sent, owner });
    const secret = `whsec_${randomBytes(32).toString('base64')}`;
    const { object, position } = await super.create(unit, id, { ...withSecret(kind, sent, secret), owner });
    const open = withSecret(kind, { ...object.value }, secret);
    return { object: StoredObject.of(id, object.lastModified, open), position };
  }

  override async update(unit: UnitOfWork, previous: StoredObject, value: JsonObject): Promise<WrittenObject> {
    const { owner, kind } = this.ownership;
    const before = await unit.findObject(this.listOf(), previous.id);
    const whole: JsonObject = { ...kept(kind, value, before), owner };
    const begun = before?.value.replay ?? before?.value.begun;
    if (begun !== undefined) whole.begun = begun;
    if (!wantsReads(whole)) await subscriptionReads.remove(unit, { owner, kind: kind.name, id: previous.id });
    if (before !== undefined && (await this.isOff(unit, before))) {
      // It begins anew behind this very write.
      whole.replay = `here:${randomUUID()}`;
      whole.resumed = true;
    } else if (before !== undefined && (await this.hasYetToResume(unit, before))) whole.resumed = true;
    return super.update(unit, before ?? previous, whole);
  }

  override async delete(unit: UnitOfWork, previous: StoredObject, suggested?: number): Promise<WrittenObject> {
    const { owner, kind } = this.ownership;
    await forgetSubscription(unit, { owner, kind: kind.name, id: previous.id });
    return super.delete(unit, previous, suggested);
  }

  /** Whether changes pass it by. */
  private async isOff(unit: UnitOfWork, before: StoredObject): Promise<boolean> {
    if (before.value.active === false) return true;
    return (await this.findState(unit, before)).state === 'disabled';
  }

  /** Whether no message has said yet that changes have passed it by. */
  private async hasYetToResume(unit: UnitOfWork, before: StoredObject): Promise<boolean> {
    if (before.value.resumed !== true) return false;
    return !hasTold(await this.findState(unit, before), before.lastModified);
  }

  private findState(view: StorageView, stored: StoredObject): Promise<SubscriptionState> {
    const { owner, kind } = this.ownership;
    return subscriptionStates.find(view, owner, kind.name, stored);
  }

  /** @throws ApiError 403 when the user has as many as they may */
  private async ensureRoom(unit: UnitOfWork): Promise<void> {
    const { maxPerUser } = this.ownership;
    if ((await unit.countObjects(this.listOf(), EVERYTHING)) < maxPerUser) return;
    throw new ApiError('FORBIDDEN', {
      message: `Nobody may have more than ${maxPerUser} of these.`,
      details: { limit: maxPerUser },
    });
  }
}

function wantsReads({ triggers }: JsonObject): boolean {
  return isJsonObject(triggers) && new Triggers(triggers, undefined).hasReads;
}
