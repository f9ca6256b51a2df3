/** What can only add to what is affirmed; see `SqlSession.remember`. Everything else is taken to refute it. */
export const NEVER_REFUTES =
  /^\s*(SELECT|WITH given AS|INSERT INTO (objects|timestamps|changes|cursors|access_control_entries|metadata)|UPDATE objects SET (last_modified = \?, )?data = \?, change_n|UPDATE timestamps SET last_modified)\b/;

/** The answers that hold for all units of one transaction. */
export class RememberedAnswers {
  private readonly answers = new Map<string, unknown>();

  async find<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const known = this.answers.get(key);
    if (known !== undefined) return known as T;
    const answer = await ask();
    if (answer !== undefined && answer !== false) this.answers.set(key, answer);
    return answer;
  }

  /** Something was written that could make one of them wrong, or something was undone. */
  forget(): void {
    if (this.answers.size > 0) this.answers.clear();
  }
}
