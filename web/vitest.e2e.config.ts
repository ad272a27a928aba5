import { defineConfig } from 'vitest/config';

// Browser tests: a real fail2ban, the real binary (BANGUI_BIN, else ../bin/bangui)
// and the system's Chromium. One after the other: each needs the machine.
export default defineConfig({
  test: {
    environment: 'node',
    include: ['test/e2e/**/*.test.ts'],
    fileParallelism: false,
    // They bound a hang; a busy machine may stand still for seconds.
    testTimeout: 240_000,
    hookTimeout: 240_000,
  },
});
