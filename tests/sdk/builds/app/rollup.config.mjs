import nodeResolve from "@rollup/plugin-node-resolve";
import { sentryRollupPlugin } from "@sentry/rollup-plugin";
import esbuild from "rollup-plugin-esbuild";

export default {
  input: "src/node.ts",
  output: { dir: "dist", sourcemap: true },
  plugins: [nodeResolve(), esbuild({ minify: true }), sentryRollupPlugin()],
};
