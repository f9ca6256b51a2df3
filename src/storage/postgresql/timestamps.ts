/*
 * Kinto's columns are `timestamp without time zone`, in UTC. They are converted here rather than by the database: so
 * the statements are the same as on SQLite, and indexes on the columns serve them.
 */

const MS_PER_DAY = 86_400_000;

/** From here on years have five digits, which Date's own form does not have. */
const YEAR_10000 = Date.UTC(9999, 11, 31) + MS_PER_DAY;

/** What the column can hold: 4713 BC to the year 294276. */
const EARLIEST = -210_866_803_200_000;
const LATEST = 9_224_318_016_000_000 - 1;

/** Whether a moment can be kept; others can only be compared with. @param ms since the epoch */
export function isStorable(ms: number): boolean {
  return ms >= EARLIEST && ms <= LATEST;
}

/** The parameter for a moment, before or after everything if it cannot be kept. @param ms since the epoch */
export function toTimestamp(ms: number): string {
  if (ms >= 0 && ms < YEAR_10000 && Number.isInteger(ms)) return new Date(ms).toISOString().slice(0, 23);
  if (!isStorable(ms)) return ms > 0 ? 'infinity' : '-infinity';
  const day = Math.floor(ms / MS_PER_DAY);
  const { year, month, dayOfMonth } = dateOfDay(day);
  const rest = ms - day * MS_PER_DAY;
  const time = new Date(Math.floor(rest)).toISOString().slice(11, 23) + digits(Math.round((rest % 1) * 1000), 3);
  // There is no year 0: the one before 1 AD is 1 BC.
  return `${digits(year > 0 ? year : 1 - year, 4)}-${digits(month, 2)}-${digits(dayOfMonth, 2)} ${time}${year > 0 ? '' : ' BC'}`;
}

const TIMESTAMP = /^(\d{4,6})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?( BC)?$/;

/** ms since the epoch, rounded as Kinto's own `as_epoch` does: it may have kept microseconds. */
export function fromTimestamp(text: string): number {
  const match = TIMESTAMP.exec(text);
  if (match === null) {
    if (text === 'infinity') return Infinity;
    if (text === '-infinity') return -Infinity;
    throw new TypeError(`not a timestamp: ${text}`);
  }
  const [, year, month, day, hours, minutes, seconds, fraction = '', beforeChrist] = match;
  const date = dayOfDate(beforeChrist === undefined ? Number(year) : 1 - Number(year), Number(month), Number(day));
  const inDay = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  return date * MS_PER_DAY + inDay * 1000 + Math.round(Number(fraction.padEnd(6, '0')) / 1000);
}

/** A cycle of the calendar: 400 years. Years are counted from March, so that the leap day comes last. */
const DAYS_PER_CYCLE = 146_097;
const EPOCH_DAY = 719_468;

function dayOfDate(year: number, month: number, day: number): number {
  const fromMarch = month > 2 ? year : year - 1;
  const cycle = Math.floor(fromMarch / 400);
  const yearOfCycle = fromMarch - cycle * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const dayOfCycle = yearOfCycle * 365 + Math.floor(yearOfCycle / 4) - Math.floor(yearOfCycle / 100) + dayOfYear;
  return cycle * DAYS_PER_CYCLE + dayOfCycle - EPOCH_DAY;
}

function dateOfDay(day: number): { year: number; month: number; dayOfMonth: number } {
  const shifted = day + EPOCH_DAY;
  const cycle = Math.floor(shifted / DAYS_PER_CYCLE);
  // A date of the same place in a cycle that Date knows.
  const known = new Date((shifted - cycle * DAYS_PER_CYCLE - EPOCH_DAY + 5 * DAYS_PER_CYCLE) * MS_PER_DAY);
  return {
    year: known.getUTCFullYear() + (cycle - 5) * 400,
    month: known.getUTCMonth() + 1,
    dayOfMonth: known.getUTCDate(),
  };
}

function digits(value: number, length: number): string {
  return String(value).padStart(length, '0');
}
