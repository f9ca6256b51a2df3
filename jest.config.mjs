/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.spec.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2022',
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  // For a slow machine under load; a test that hangs is seen a minute later.
  testTimeout: 90_000,
  // Modules of a file that has ended are not let go of: without this the process grows by 20 MB a file, to several GB.
  workerIdleMemoryLimit: '1500MB',
  reporters: ['default', '<rootDir>/scripts/closing-line-reporter.mjs'],
};
