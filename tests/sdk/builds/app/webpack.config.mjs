import { sentryWebpackPlugin } from "@sentry/webpack-plugin";

export default {
  mode: "production",
  devtool: "source-map",
  entry: { shop: "./src/browser.ts" },
  output: { filename: "[name].js" },
  resolve: { extensions: [".ts", ".js"] },
  module: { rules: [{ test: /\.ts$/, loader: "esbuild-loader", options: { target: "es2022" } }] },
  plugins: [sentryWebpackPlugin()],
};
