import { defineConfig } from 'vitest/config';

// Browser tests: a real fail2ban, the real binary (BANGUI_BIN, else ../bin/bangui)
// and the system's Chromium. Two files at once: each has folders, servers and ports of its
// own, and waits for clocks (a ban that ends, a term that runs out) half of its time.
export default defineConfig({
  test: {
    environment: 'node',
    include: ['test/e2e/**/*.test.ts'],
    maxWorkers: 2,
    // They bound a hang; a busy machine may stand still for seconds.
    testTimeout: 240_000,
    hookTimeout: 240_000,
  },
});
