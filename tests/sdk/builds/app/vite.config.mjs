import { sentryVitePlugin } from "@sentry/vite-plugin";

export default {
  build: { sourcemap: true },
  plugins: [sentryVitePlugin({ telemetry: false })],
};
