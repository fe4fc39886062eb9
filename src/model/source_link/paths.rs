//! The paths under which a frame's file may stand in a code mapping: as the platform's SDKs send it, and as a
//! repository would have it.

/// A path that is longer is none.
pub const PATH_BYTES_MAX: usize = 1_024;

/// Where a frame is, as an event has it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place<'a> {
    /// The frame's, else the event's.
    pub platform: &'a str,
    pub filename: Option<&'a str>,
    pub abs_path: Option<&'a str>,
    pub module: Option<&'a str>,
}

/// Prefixes of bundlers and runtimes, which no repository has.
const SCHEMES: &[&str] = &[
    "webpack-internal:///",
    "webpack:///",
    "turbopack:///[project]/",
    "turbopack://[project]/",
    "app:///",
    "rollup:///",
    "vite:///",
    "~/",
];

impl Place<'_> {
    /// The likeliest first, without doubles.
    pub fn candidates(&self) -> Vec<String> {
        let sent = [self.filename, self.abs_path].into_iter().flatten().map(slashed);
        let sent: Vec<String> =
            sent.filter(|path| !path.is_empty() && path.len() <= PATH_BYTES_MAX).collect();
        let mut found: Vec<String> = Vec::new();
        let mut add = |path: String| {
            if !path.is_empty() && !found.contains(&path) {
                found.push(path);
            }
        };
        match self.platform {
            "java" | "kotlin" | "android" | "scala" | "groovy" => {
                if let Some(path) = self.class_path() {
                    add(path);
                }
            }
            "go" => {
                if let Some(path) = self.package_path() {
                    add(path);
                }
                sent.iter().filter_map(|path| without_version(path)).for_each(&mut add);
            }
            _ => {}
        }
        sent.iter().cloned().for_each(&mut add);
        if is_javascript(self.platform) {
            sent.iter().filter_map(|path| without_scheme(path)).for_each(&mut add);
        }
        let plain: Vec<_> = found.iter().filter_map(|path| without_dots(path)).collect();
        found.extend(plain.into_iter().filter(|path| !path.is_empty()));
        found
    }

    /// `com.acme.shop.Cart$Item` in `Cart.kt`: `com/acme/shop/Cart.kt`.
    fn class_path(&self) -> Option<String> {
        let file = base_name(self.filename?).filter(|file| file.contains('.'))?;
        let (package, _) = self.module?.rsplit_once('.')?;
        // The class loader or Java module before it: `app//com.acme`.
        let package = package.rsplit('/').next().unwrap_or(package);
        Some(format!("{}/{file}", package.replace('.', "/")))
    }

    /// `github.com/acme/shop/cart` in `/build/cart/cart.go`: `github.com/acme/shop/cart/cart.go`.
    fn package_path(&self) -> Option<String> {
        let file = base_name(self.abs_path.or(self.filename)?)?;
        let module = self.module.filter(|module| module.contains('/'))?;
        Some(format!("{module}/{file}"))
    }
}

fn is_javascript(platform: &str) -> bool {
    matches!(platform, "javascript" | "node")
}

fn slashed(path: &str) -> String {
    path.trim().replace('\\', "/")
}

fn base_name(path: &str) -> Option<&str> {
    path.rsplit(['/', '\\']).next().filter(|name| !name.is_empty())
}

/// `github.com/acme/lib@v1.2.3/x.go` without the version.
fn without_version(path: &str) -> Option<String> {
    let (before, rest) = path.split_once("@v")?;
    let (_, after) = rest.split_once('/')?;
    Some(format!("{before}/{after}"))
}

/// `webpack:///./src/x.ts?ab12`: `src/x.ts`.
fn without_scheme(path: &str) -> Option<String> {
    let mut rest = path.split(['?', '#']).next().unwrap_or(path);
    if let Some(known) = SCHEMES.iter().find_map(|scheme| rest.strip_prefix(scheme)) {
        rest = known;
    } else if let Some(named) = rest.strip_prefix("webpack://") {
        rest = named.split_once('/')?.1;
    } else if let Some(file) = rest.strip_prefix("file://") {
        rest = file;
    }
    // Next.js names the layer: `(rsc)/./src/x.ts`.
    if rest.starts_with('(')
        && let Some((_, behind)) = rest.split_once(")/")
    {
        rest = behind;
    }
    (!has_scheme(rest)).then(|| rest.to_owned())
}

/// `../../src/x.ts`: `src/x.ts`.
fn without_dots(path: &str) -> Option<String> {
    let mut rest = path;
    while let Some(behind) = rest.strip_prefix("./").or_else(|| rest.strip_prefix("../")) {
        rest = behind;
    }
    (rest.len() < path.len()).then(|| rest.to_owned())
}

/// `https://…`, `package:…`, `C:/…`.
fn has_scheme(path: &str) -> bool {
    let before = path.split('/').next().unwrap_or(path);
    before.contains(':')
}

/// Whether a path says nothing of where on a machine or a server it is.
pub fn is_relative(path: &str) -> bool {
    !path.starts_with('/') && !has_scheme(path)
}

/// What follows a stack root: nothing in between a name. An empty root is above relative paths only.
pub fn below(path: &str, root: &str) -> Option<String> {
    let root = slashed(root);
    if root.is_empty() {
        return is_relative(path).then(|| path.to_owned());
    }
    let head = path.get(..root.len())?;
    // Drives are named in either case.
    let is_drive = root.as_bytes().get(1) == Some(&b':');
    let is_below = head == root || is_drive && head.eq_ignore_ascii_case(&root);
    let rest = &path[root.len()..];
    let is_whole = root.ends_with(['/', ':']) || rest.starts_with('/');
    (is_below && is_whole).then(|| rest.to_owned())
}

/// A path from the repository's root. `None` for one that leads out of it, is empty, or could be none.
pub fn joined(root: &str, rest: &str) -> Option<String> {
    let mut path = segments(root)?;
    path.extend(segments(rest)?);
    let path = path.join("/");
    (!path.is_empty() && path.len() <= PATH_BYTES_MAX).then_some(path)
}

/// Cleaned: what leads up at the beginning is passed over, since a build's folder need not be one of the repository.
fn segments(path: &str) -> Option<Vec<&str>> {
    if path.chars().any(char::is_control) {
        return None;
    }
    let mut kept: Vec<&str> = Vec::new();
    let mut has_begun = false;
    for segment in path.split('/') {
        match segment {
            ".." if has_begun => drop(kept.pop()?),
            "" | "." | ".." => {}
            "node_modules" => return None,
            segment => {
                has_begun = true;
                kept.push(segment);
            }
        }
    }
    Some(kept)
}
