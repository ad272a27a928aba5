import { defineConfig } from 'vitest/config';

// What `make bench` measures of the page, on what the browser tests run on.
export default defineConfig({
  test: {
    environment: 'node',
    include: ['test/bench/**/*.bench.ts'],
    fileParallelism: false,
    testTimeout: 900_000,
  },
});
