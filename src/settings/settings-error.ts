/**
 * The settings cannot be used; the server does not start (or, on a reload, keeps what it had). The message is one line
 * that says where, what, and what was expected instead. It never holds the value of a secret setting.
 */
export class SettingsError extends Error {
  /**
   * @param where the file and line, or the environment variable; the key alone, where that is what is missing
   * @param problem what is wrong there, as a phrase without a full stop
   */
  constructor(
    private readonly where: string,
    private readonly problem: string,
    options?: ErrorOptions,
  ) {
    super(oneLine(`${where}: ${problem}`), options);
    this.name = 'SettingsError';
  }

  /** The same, with the file in which the key was to be. */
  in(file: string): SettingsError {
    return new SettingsError(`${file}: ${this.where}`, this.problem, { cause: this.cause });
  }
}

/** One that says already where the setting was written. */
export class PlacedSettingsError extends SettingsError {}

/** Enough of a wrong value to recognise it; a pasted certificate must not fill the log. */
const LONGEST_SHOWN_VALUE = 80;

/** A value as a message may show it: one line, not too long, without the credentials a URL carries. */
export function shownValue(text: string): string {
  const plain = oneLine(text.trim()).replace(URL_CREDENTIALS, '$1***@');
  const characters = Array.from(plain.slice(0, 2 * LONGEST_SHOWN_VALUE));
  return characters.length <= LONGEST_SHOWN_VALUE ? plain : characters.slice(0, LONGEST_SHOWN_VALUE).join('') + '…';
}

/** Up to the last `@` before a space: a password may hold `@` and `/` that somebody forgot to escape. */
const URL_CREDENTIALS = /(:\/\/)\S*@/g;

/** Control characters would split the line, or move the cursor of the terminal that shows it. */
const CONTROL_CHARACTERS = /[\p{Cc}\p{Zl}\p{Zp}]+/gu;

function oneLine(text: string): string {
  return text.replace(CONTROL_CHARACTERS, ' ');
}
