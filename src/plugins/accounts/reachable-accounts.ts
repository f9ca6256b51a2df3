import { PrivateList } from '../../resources/private-list.js';
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

/** What one request may write. */
export interface AccountWriting {
  /** The passwords of the request, hashed: nothing else is ever stored as one. */
  readonly hashes: ReadonlySet<string>;
  /** Whether what is written without a password keeps the one it had: a patch. */
  readonly keepsPassword: boolean;
  /** Called once a change of the account is durable. */
  readonly forget: (username: string) => void;
}

/**
 * The accounts as the API shows them: one list, though the database keeps each below its own name, and without
 * passwords. Nobody who is shown an account needs its hash, and whoever has it can try passwords against it.
 */
export class ReachableAccounts extends PrivateList {
  override readonly options: ListOptions;

  constructor(
    private readonly reach: Reach,
    private readonly writing: AccountWriting,
  ) {
    super();
    this.options = reach === undefined ? { everyUser: true } : {};
  }

  /** No user has the name that stands for everybody, and among one's own accounts is no other. */
  listOf(id = '*'): ObjectList {
    return accountList(this.reach ?? id);
  }

  shown(account: StoredObject): StoredObject {
    return withoutPassword(account);
  }

  /** By comparing and sorting, a hash can be read as well, digit by digit. */
  override ensureMaySelect({ filters, sort }: Selection): void {
    const problems: ErrorDetail[] = [
      ...filters
        .filter(({ path }) => path[0] === 'password')
        .map(({ parameter }) => problem(parameter, 'filter', parameter)),
      ...sort.filter(({ path }) => path[0] === 'password').map(({ field }) => problem(null, 'sort', field)),
    ];
    if (problems.length > 0) throw invalidParameters(problems);
  }

  /** For everybody's accounts, the newest of all: Kinto's is that of a list in which nothing ever happens. */
  override async findTimestamp(view: StorageView): Promise<number | undefined> {
    if (this.reach !== undefined) return super.findTimestamp(view);
    const [newest] = await view.listObjects(this.listOf(), NEWEST, this.options);
    return newest?.lastModified ?? super.findTimestamp(view);
  }

  override async create(unit: UnitOfWork, id: string, value: JsonObject): Promise<WrittenObject> {
    if (this.reach !== undefined && this.reach !== id) {
      throw invalidParameters([bodyProblem('data.id', 'Username and account ID do not match.')]);
    }
    this.ensureHashed(value);
    this.forgetLater(unit, id);
    return super.create(unit, id, value);
  }

  override async update(unit: UnitOfWork, previous: StoredObject, value: JsonObject): Promise<WrittenObject> {
    const { id } = previous;
    let whole = value;
    if (value.password === undefined) whole = await this.withPassword(unit, id, value);
    else this.ensureHashed(value);
    this.forgetLater(unit, id);
    return super.update(unit, previous, whole);
  }

  override delete(unit: UnitOfWork, previous: StoredObject, suggested?: number): Promise<WrittenObject> {
    this.forgetLater(unit, previous.id);
    return super.delete(unit, previous, suggested);
  }

  /** @throws ApiError 400 for a PUT without anything, which elsewhere leaves an object as it is */
  private async withPassword(unit: UnitOfWork, id: string, value: JsonObject): Promise<JsonObject> {
    if (!this.writing.keepsPassword) throw invalidParameters([bodyProblem('data', 'Required')]);
    const known = (await unit.findObject(this.listOf(id), id))?.value.password;
    return known === undefined ? value : { ...value, password: known };
  }

  private forgetLater(unit: UnitOfWork, username: string): void {
    unit.onceDurable(() => this.writing.forget(username));
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

function problem(name: string | null, what: string, field: string): ErrorDetail {
  return { location: 'querystring', name, description: `Unknown ${what} field '${field}'` };
}
