/** Keeps the lines it is given, whatever their level. */
export class RecordingLog {
  readonly lines: string[] = [];

  debug(line: string): void {
    this.lines.push(`debug: ${line}`);
  }

  log(line: string): void {
    this.lines.push(`log: ${line}`);
  }

  warn(line: string): void {
    this.lines.push(`warn: ${line}`);
  }

  error(line: string): void {
    this.lines.push(`error: ${line}`);
  }
}
