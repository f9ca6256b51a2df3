import { writeFileSync } from 'node:fs';

/**
 * Counts for the closing line of `npm test`, which prints it when Jest is done with everything; this only leaves them
 * in the file that `scripts/test.mjs` names. With Jest alone there is no such file, and it does nothing.
 */
export default class ClosingLineReporter {
  onRunComplete(_contexts, results) {
    const file = process.env.TALLY_FILE;
    if (file === undefined) return;
    const skipped = results.testResults
      .flatMap((suite) => suite.testResults)
      .filter(({ status }) => ['pending', 'skipped', 'todo', 'disabled'].includes(status))
      .map(({ fullName }) => fullName);
    // A file that could not even be loaded has no tests to count, and is not to vanish from the line.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    writeFileSync(file, JSON.stringify({ passed: results.numPassedTests, failed, skipped }));
  }
}
