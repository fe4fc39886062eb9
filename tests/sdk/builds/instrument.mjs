// Loaded before a built app (`node --import`), as the SDK's documentation says; what the app throws is sent on its own.
// SENTRY_DSN and SENTRY_RELEASE are the SDK's own variables.
import { createRequire } from "node:module";

// The SDK stands beside the other Node programs.
const require = createRequire(new URL("../node/package.json", import.meta.url));
const Sentry = require("@sentry/node");

Sentry.init({});
