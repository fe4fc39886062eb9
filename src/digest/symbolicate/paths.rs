//! Paths in frames, maps and bundles: which addresses a file may have been uploaded under, and what a source is called.
//!
//! Candidates, modules and joining are Sentry's. Names of sources are made plainer than there: what bundlers put
//! before them says nothing about the file, `../../src/pay.ts` and `webpack://shop/./src/pay.ts` are `src/pay.ts`.

use std::sync::LazyLock;

use regex::Regex;

/// Addresses of a file of this URL, in the order in which they are looked for.
pub fn candidates(url: &str) -> Vec<String> {
    let url = url.split('#').next().unwrap_or(url);
    let relative = without_host(url);
    let mut all = vec![url.to_owned()];
    all.extend(url.split_once('?').map(|(path, _)| path.to_owned()));
    all.push(format!("~{relative}"));
    all.extend(relative.split_once('?').map(|(path, _)| format!("~{path}")));
    all.dedup();
    all
}

/// The path behind scheme and host, or behind `~`.
fn without_host(url: &str) -> &str {
    if let Some(path) = url.strip_prefix('~') {
        return path;
    }
    match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or(rest, |slash| &rest[slash..]),
        None => url,
    }
}

/// Where a source lies, seen from the minified file.
pub fn joined(base: &str, source: &str) -> String {
    if source.contains("://") || source.starts_with("webpack:") || source.starts_with("turbopack:") {
        return source.to_owned();
    }
    let (scheme, rest) = base.split_once("://").unwrap_or(("", base));
    let source = source.strip_prefix('~').unwrap_or(source);
    let host = if scheme.is_empty() { "" } else { rest.split('/').next().unwrap_or_default() };
    let origin = if scheme.is_empty() { String::new() } else { format!("{scheme}://{host}") };
    if source.starts_with('/') {
        return format!("{origin}{source}");
    }
    let folders = rest[host.len()..].split('/').filter(|folder| !folder.is_empty());
    let mut segments: Vec<&str> = folders.collect();
    segments.pop();
    for segment in source.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    format!("{origin}/{}", segments.join("/"))
}

static BUNDLER_ROOT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:webpack(?:-internal)?|turbopack|rspack|ng|vite|rollup|parcel|file):/{2,3}(?:\[project\]/|\([^)/]*\)/)?",
    )
});
/// The name of a webpack build: `webpack://shop/./src/pay.ts`.
static NAMESPACE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"^[\w@.\-]+/(?:\([^)/]*\)/|\./|\.\./|src/|node_modules/|webpack/|~/|external )")
});
static VERSION_QUERY: LazyLock<Regex> = LazyLock::new(|| pattern(r"\?[\w=&.\-]*$"));

/// What a source is called.
pub fn filename(source: &str) -> String {
    let source = source.trim_start_matches('\0');
    if let Some((_, library)) = source.split_once("/~/") {
        return format!("~/{library}");
    }
    let mut name = BUNDLER_ROOT.replace(source, "").into_owned();
    if name.len() < source.len()
        && source.contains("://")
        && !source.contains(":///")
        && NAMESPACE.is_match(&name)
    {
        let namespace = name.find('/').map_or(0, |slash| slash + 1);
        if !["src/", "node_modules/", "webpack/", "~/"].iter().any(|folder| name.starts_with(folder)) {
            name.drain(..namespace);
            // Next.js has a layer behind it.
            if name.starts_with('(') {
                let layer = name.find(")/").map_or(0, |end| end + 2);
                name.drain(..layer);
            }
        }
    }
    let rest =
        name.strip_prefix("/./").or_else(|| name.strip_prefix("/../").map(|_| &name[1..])).unwrap_or(&name);
    let mut rest = rest;
    while let Some(shorter) = rest.strip_prefix("./").or_else(|| rest.strip_prefix("../")) {
        rest = shorter;
    }
    let plain = VERSION_QUERY.replace(rest, "");
    if plain.is_empty() { source.to_owned() } else { plain.into_owned() }
}

// Sentry's own pattern: folders that say nothing, versions, hashes.
static EMPTY_FOLDERS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?ix)^(?:/|(?:(?:java)?scripts?|js|build|static|node_modules|bower_components|[_\.~].*?|v?(?:\d+\.)*\d+|
        [a-f0-9]{7,8}|[a-f0-9]{32}|[a-f0-9]{40})/)+|(?:[-\.][a-f0-9]{7,}$)",
    )
});

fn pattern(source: &str) -> Regex {
    Regex::new(source).expect("a constant pattern")
}

/// A module's name made of a path: `http://h/js/v1.0/foo/bar/baz.js` is `foo/bar/baz`.
pub fn module(path: &str) -> String {
    let path = without_host(path);
    let mut path = path.split(['#', '?']).next().unwrap_or(path);
    if let Some(dot) = path.rfind(['.', '/']).filter(|at| path.as_bytes()[*at] == b'.') {
        path = &path[..dot];
    }
    let path = path.strip_suffix(".min").unwrap_or(path);
    let is_hash = |segment: &str| {
        matches!(segment.len(), 32 | 40) && segment.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let mut start = 0;
    for segment in path.split_inclusive('/') {
        start += segment.len();
        if is_hash(segment.trim_end_matches('/')) {
            return path[start..].to_owned();
        }
    }
    EMPTY_FOLDERS.replace_all(path, "").into_owned()
}

/// Code that a bundle brought along: packages, and what the bundler itself wrote.
pub fn is_library(filename: &str, source: &str) -> bool {
    let bundlers = [
        "webpack/bootstrap",
        "webpack/runtime/",
        "webpack/startup",
        "(webpack)/",
        "external ",
        "vite/preload-helper",
        "vite/modulepreload-polyfill",
        "_commonjsHelpers",
        "commonjsHelpers.js",
        "rolldown/runtime",
        "rollupPluginBabelHelpers",
        "vite/dynamic-import-helper",
    ];
    let plain = filename.trim_start_matches('/');
    source.starts_with('\0')
        || plain.starts_with("~/")
        || plain.starts_with("node_modules/")
        || plain.contains("/node_modules/")
        || plain.contains("bower_components/")
        || plain.starts_with(".yarn/")
        || bundlers.iter().any(|bundler| plain.starts_with(bundler))
}

#[cfg(test)]
mod tests {
    use super::{candidates, filename, is_library, joined, module};

    #[test]
    fn files_are_looked_for_under_these_addresses() {
        for (url, expected) in [
            ("https://h/a/app.js", "https://h/a/app.js ~/a/app.js"),
            (
                "https://h/a/app.js?v=1#x",
                "https://h/a/app.js?v=1 https://h/a/app.js ~/a/app.js?v=1 ~/a/app.js",
            ),
            ("/srv/dist/app.js", "/srv/dist/app.js ~/srv/dist/app.js"),
            ("~/app.js", "~/app.js"),
            ("app:///dist/app.js", "app:///dist/app.js ~/dist/app.js"),
        ] {
            assert_eq!(candidates(url).join(" "), expected);
        }
    }

    #[test]
    fn sources_lie_beside_the_minified_file() {
        for (base, source, expected) in [
            ("https://h/static/js/app.js", "../../src/pay.ts", "https://h/src/pay.ts"),
            ("https://h/static/js/app.js", "pay.ts", "https://h/static/js/pay.ts"),
            ("https://h/app.js", "../../../pay.ts", "https://h/pay.ts"),
            ("https://h/app.js", "/abs/pay.ts", "https://h/abs/pay.ts"),
            ("https://h/app.js", "webpack:///./src/pay.ts", "webpack:///./src/pay.ts"),
            ("/srv/dist/app.js", "../src/pay.ts", "/srv/src/pay.ts"),
            ("app:///app.js", "src/pay.ts", "app:///src/pay.ts"),
        ] {
            assert_eq!(joined(base, source), expected, "{base} {source}");
        }
    }

    #[test]
    fn sources_have_plain_names() {
        for (source, expected) in [
            ("../../src/payment.ts", "src/payment.ts"),
            ("src/payment.ts", "src/payment.ts"),
            ("webpack:///./src/payment.ts", "src/payment.ts"),
            ("webpack://shop/./src/payment.ts", "src/payment.ts"),
            ("webpack://shop/src/payment.ts", "src/payment.ts"),
            ("webpack://_N_E/./pages/index.tsx?ab12", "pages/index.tsx"),
            ("webpack://_N_E/(app-pages-browser)/./src/app/page.tsx", "src/app/page.tsx"),
            ("webpack:///(rsc)/./src/app/page.tsx", "src/app/page.tsx"),
            ("webpack:///src/App.vue?8d2c", "src/App.vue"),
            ("webpack-internal:///./src/a.js", "src/a.js"),
            ("webpack:///node_modules/mitt/a.js", "node_modules/mitt/a.js"),
            ("webpack:///webpack/bootstrap", "webpack/bootstrap"),
            ("webpack:///./~/lodash/index.js", "~/lodash/index.js"),
            ("turbopack:///[project]/app/page.tsx", "app/page.tsx"),
            ("/./src/payment.ts", "src/payment.ts"),
            ("/../../../node_modules/mitt/dist/mitt.mjs", "node_modules/mitt/dist/mitt.mjs"),
            ("/webpack/bootstrap", "/webpack/bootstrap"),
            ("/home/ci/app/src/pay.ts", "/home/ci/app/src/pay.ts"),
            ("\0vite/preload-helper.js", "vite/preload-helper.js"),
        ] {
            assert_eq!(filename(source), expected, "{source}");
        }
    }

    #[test]
    fn modules_are_paths_without_noise() {
        for (path, expected) in [
            ("http://example.com/foo.js", "foo"),
            ("http://example.com/js/v1.0/foo/bar/baz.js", "foo/bar/baz"),
            ("http://example.com/static/83c2c7e4a8b74a8aa9ad80d4c5a9f4ad/app/x.min.js?v=1", "app/x"),
            ("app:///92cd589eca8235e7b373bf5ae94ebf898e3b949c/vendor.js", "vendor"),
            ("~/app/components/selector.jsx", "app/components/selector"),
            ("src/payment.ts", "src/payment"),
        ] {
            assert_eq!(module(path), expected, "{path}");
        }
    }

    #[test]
    fn libraries_are_told_from_own_code() {
        for (source, expected) in [
            ("webpack:///./node_modules/react/index.js", true),
            ("../../node_modules/mitt/dist/mitt.mjs", true),
            ("/../../../node_modules/mitt/dist/mitt.mjs", true),
            ("/webpack/bootstrap", true),
            ("webpack://shop/webpack/runtime/jsonp", true),
            ("webpack:///./~/lodash/index.js", true),
            ("\0vite/preload-helper.js", true),
            ("../src/payment.ts", false),
            ("src/external/api.ts", false),
            ("webpack:///./src/webpack/bootstrap.ts", false),
        ] {
            assert_eq!(is_library(&filename(source), source), expected, "{source}");
        }
    }
}
