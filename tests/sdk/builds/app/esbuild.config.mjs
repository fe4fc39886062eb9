import { sentryEsbuildPlugin } from "@sentry/esbuild-plugin";
import { build } from "esbuild";

await build({
  entryPoints: ["src/node.ts"],
  bundle: true,
  minify: true,
  format: "esm",
  platform: "node",
  sourcemap: true,
  outdir: "dist",
  plugins: [sentryEsbuildPlugin()],
});
