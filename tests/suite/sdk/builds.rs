//! One small TypeScript app, built by real tools, uploaded by real uploaders and run: whatever the way, every frame
//! reads as its author wrote it. A build knows the server's address, organization, project and token, and nothing else.
//!
//! The app stands in `tests/sdk/builds/app`, its tools come from the lock file beside it (`scripts/test-deps.sh`).

mod frames;
mod shop;
mod verify;

use shop::Shop;
pub use shop::lay_out;

/// A build without a plugin; what a team does that has `sentry-cli` in its pipeline.
const PLAIN_NODE: &str = "esbuild src/node.ts --bundle --minify --splitting --format=esm --platform=node \
    --sourcemap --outdir=dist";
const PLAIN_BROWSER: &str = "esbuild src/browser.ts --bundle --minify --splitting --format=esm \
    --sourcemap --outdir=dist/static --entry-names=shop";
const RELEASE: &str = "shop@2.4.1+ab";
const CLI_3: &str = "node node_modules/sentry-cli-3/bin/sentry-cli";

#[test]
fn vite() {
    let Some(shop) = Shop::open() else { return };
    shop.run("vite build");
    shop.browse("dist", "index.html");
    frames::assert_readable(&shop);
    shop.assert_verified(&["dist"]);
}

#[test]
fn webpack() {
    let Some(shop) = Shop::open() else { return };
    shop.run("webpack");
    shop.browse("dist", "shop.js");
    frames::assert_readable(&shop);
    shop.assert_verified(&["dist"]);
}

#[test]
fn rollup() {
    let Some(shop) = Shop::open() else { return };
    shop.run("rollup -c");
    shop.start("dist/node.js");
    frames::assert_readable(&shop);
    shop.assert_verified(&["dist"]);
}

#[test]
fn esbuild() {
    let Some(shop) = Shop::open() else { return };
    shop.run("node esbuild.config.mjs");
    shop.start("dist/node.js");
    frames::assert_readable(&shop);
    shop.assert_verified(&["dist"]);
}

#[test]
fn sentry_cli_3() {
    let Some(shop) = Shop::open() else { return };
    shop.run(PLAIN_NODE);
    shop.run(&format!("{CLI_3} sourcemaps inject dist"));
    shop.run(&format!("{CLI_3} sourcemaps upload --wait dist"));
    shop.start("dist/node.js");
    frames::assert_readable(&shop);
    shop.assert_verified(&["dist"]);
}

/// As it was done before debug ids: by the release and the address that a file is served at.
#[test]
fn sentry_cli_2_by_release_and_address() {
    let Some(shop) = Shop::open() else { return };
    let shop = shop.of_release(RELEASE);
    shop.run(PLAIN_BROWSER);
    shop.run(&format!("sentry-cli releases new {RELEASE}"));
    shop.run(&format!(
        "sentry-cli sourcemaps upload --release {RELEASE} --url-prefix '~/static/' --wait dist/static"
    ));
    shop.run(&format!("sentry-cli releases finalize {RELEASE}"));
    shop.run(&format!("sentry-cli releases deploys {RELEASE} new -e production"));
    shop.browse("dist", "static/shop.js");
    frames::assert_readable(&shop);
    shop.assert_verified(&["dist", "--release", RELEASE]);
}

#[test]
fn npm_sentry_0_45() {
    let Some(shop) = Shop::open() else { return };
    shop.run(PLAIN_NODE);
    shop.run("sentry sourcemap inject dist");
    shop.run("sentry sourcemap upload dist");
    shop.start("dist/node.js");
    frames::assert_readable(&shop);
    shop.assert_verified(&["dist"]);
}

#[test]
fn npm_sentry_newest() {
    let Some(shop) = Shop::open() else { return };
    shop.run(PLAIN_NODE);
    shop.run("node node_modules/sentry-newest/dist/bin.cjs sourcemap upload dist");
    shop.start("dist/node.js");
    frames::assert_readable(&shop);
    shop.assert_verified(&["dist"]);
}

/// A deploy may be faster than its upload: what was sent before is read with it, once the command that the frame names
/// was followed.
#[test]
fn an_upload_after_the_event() {
    let Some(shop) = Shop::open() else { return };
    shop.run(PLAIN_NODE);
    shop.run(&format!("{CLI_3} sourcemaps inject dist"));
    shop.start("dist/node.js");
    let command = frames::assert_minified(&shop, "unknown_debug_id");
    shop.run(&format!("{command} --wait"));
    frames::assert_readable(&shop);
    shop.assert_verified(&["dist"]);
}
