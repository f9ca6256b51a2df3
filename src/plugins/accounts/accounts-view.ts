import type {
  ListOptions,
  ObjectList,
  Selection,
  StorageView,
  UnitOfWork,
  WrittenObject,
} from '../../storage/storage.js';
import { bodyProblem } from '../../resources/write-body.js';
import { invalidParameters, type ErrorDetail } from '../../wire/api-error.js';
import type { JsonObject } from '../../wire/json.js';
import { StoredObject } from '../../wire/stored-object.js';
import { accountList } from './account.definition.js';

/** Whose accounts a caller can reach at all; permissions are another question. `undefined`: everybody's. */
export type Reach = string | undefined;

/**
 * The accounts as the API shows them: one list, though the database keeps each below its own name, and without
 * passwords. Nobody who is shown an account needs its hash, and whoever has it can try passwords against it.
 */
export class AccountsView implements StorageView {
  constructor(
    private readonly view: StorageView,
    protected readonly reach: Reach,
  ) {}

  get sql() {
    return this.view.sql;
  }

  async findObject(_list: ObjectList, id: string): Promise<StoredObject | undefined> {
    if (!this.reaches(id)) return undefined;
    const found = await this.view.findObject(accountList(id), id);
    return found === undefined ? undefined : withoutPassword(found);
  }

  async hasObject(_list: ObjectList, id: string): Promise<boolean> {
    return this.reaches(id) && this.view.hasObject(accountList(id), id);
  }

  async listObjects(_list: ObjectList, selection: Selection, options?: ListOptions): Promise<StoredObject[]> {
    ensurePasswordUnasked(selection);
    const found = await this.view.listObjects(this.list, selection, this.optionsWith(options));
    return found.map(withoutPassword);
  }

  countObjects(_list: ObjectList, selection: Selection, options?: ListOptions): Promise<number> {
    ensurePasswordUnasked(selection);
    return this.view.countObjects(this.list, selection, this.optionsWith(options));
  }

  /** For everybody's accounts, the newest of all: Kinto's is that of a list in which nothing ever happens. */
  async findListTimestamp(): Promise<number | undefined> {
    if (this.reach !== undefined) return this.view.findListTimestamp(this.list);
    const [newest] = await this.view.listObjects(this.list, NEWEST, { everyUser: true });
    return newest?.lastModified ?? this.view.findListTimestamp(this.list);
  }

  protected reaches(id: string): boolean {
    return this.reach === undefined || this.reach === id;
  }

  /** No user has the name that stands for everybody. */
  protected get list(): ObjectList {
    return accountList(this.reach ?? '*');
  }

  private optionsWith(options: ListOptions = {}): ListOptions {
    return this.reach === undefined ? { ...options, everyUser: true } : options;
  }
}

/** What one request may write. */
export interface AccountWriting {
  /** The passwords of the request, hashed: nothing else is ever stored as one. */
  readonly hashes: ReadonlySet<string>;
  /** Whether what is written without a password keeps the one it had: a patch. */
  readonly keepsPassword: boolean;
  /** Called once a change of the account is durable. */
  readonly forget: (username: string) => void;
}

/** The same, to write to. */
export class AccountsUnit extends AccountsView implements UnitOfWork {
  constructor(
    private readonly unit: UnitOfWork,
    reach: Reach,
    private readonly writing: AccountWriting,
  ) {
    super(unit, reach);
  }

  get id() {
    return this.unit.id;
  }

  async createObject(_list: ObjectList, id: string, value: JsonObject): Promise<WrittenObject> {
    if (!this.reaches(id)) {
      throw invalidParameters([bodyProblem('data.id', 'Username and account ID do not match.')]);
    }
    this.ensureHashed(value);
    return this.conclude(await this.unit.createObject(accountList(id), id, value));
  }

  async updateObject(_list: ObjectList, previous: StoredObject, value: JsonObject): Promise<WrittenObject> {
    const { id } = previous;
    let whole = value;
    if (value.password === undefined) whole = await this.withPassword(id, value);
    else this.ensureHashed(value);
    return this.conclude(await this.unit.updateObject(accountList(id), previous, whole));
  }

  async deleteObject(_list: ObjectList, previous: StoredObject, suggested?: number): Promise<WrittenObject> {
    return this.conclude(await this.unit.deleteObject(accountList(previous.id), previous, suggested));
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

  /** @throws ApiError 400 for a PUT without anything, which elsewhere leaves an object as it is */
  private async withPassword(id: string, value: JsonObject): Promise<JsonObject> {
    if (!this.writing.keepsPassword) throw invalidParameters([bodyProblem('data', 'Required')]);
    const known = (await this.unit.findObject(accountList(id), id))?.value.password;
    return known === undefined ? value : { ...value, password: known };
  }

  private conclude({ object, position }: WrittenObject): WrittenObject {
    this.unit.onceDurable(() => this.writing.forget(object.id));
    return { object: withoutPassword(object), position };
  }

  /** A JSON Patch can move any text to where the password is; it would be stored as it stands. */
  private ensureHashed({ password }: JsonObject): void {
    if (typeof password === 'string' && this.writing.hashes.has(password)) return;
    throw invalidParameters([bodyProblem('password', 'The password must be given as a text, in its own place')]);
  }
}

const NEWEST: Selection = {
  filters: [],
  sort: [
    { field: 'last_modified', path: ['last_modified'], direction: 'descending' },
    { field: 'id', path: ['id'], direction: 'descending' },
  ],
  limit: 1,
  includeDeleted: true,
};

export function withoutPassword(account: StoredObject): StoredObject {
  if (account.deleted || account.value.password === undefined) return account;
  const value: JsonObject = { ...account.value };
  delete value.password;
  return StoredObject.of(account.id, account.lastModified, value);
}

/** By comparing and sorting, a hash can be read as well, digit by digit. */
function ensurePasswordUnasked({ filters, sort }: Selection): void {
  const problems: ErrorDetail[] = [
    ...filters
      .filter(({ path }) => path[0] === 'password')
      .map(({ parameter }) => problem(parameter, 'filter', parameter)),
    ...sort.filter(({ path }) => path[0] === 'password').map(({ field }) => problem(null, 'sort', field)),
  ];
  if (problems.length > 0) throw invalidParameters(problems);
}

function problem(name: string | null, what: string, field: string): ErrorDetail {
  return { location: 'querystring', name, description: `Unknown ${what} field '${field}'` };
}
