import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{src,test,bench,eval,redteam,examples}/**/*.test.ts'],
    exclude: ['node_modules/**', 'dist/**'],
    // Two cores is what continuous integration has; forks because tests of the runtime start worker threads themselves.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
