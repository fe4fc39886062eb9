//! Which frames source maps are for.

use crate::model::event::Frame;

/// Code that was written for a browser or Node and may have been bundled: the frame's platform, else the event's.
pub fn is_javascript(frame: &Frame, event_platform: &str) -> bool {
    matches!(frame.platform.as_deref().unwrap_or(event_platform), "javascript" | "node")
}

/// Code that is no team's to upload: of the engine, of Node itself, of a browser's extensions.
pub fn is_foreign(frame: &Frame) -> bool {
    let Some(path) = frame.abs_path.as_deref() else { return true };
    let exact =
        ["", "<anonymous>", "[native code]", "native code", "native", "[eval]", "evalmachine.<anonymous>"];
    let schemes = [
        "node:",
        "internal/",
        "native ",
        "eval at ",
        "chrome-extension:",
        "moz-extension:",
        "safari-extension:",
        "safari-web-extension:",
        "data:",
        "wasm:",
        "webpack-internal:",
    ];
    exact.contains(&path) || schemes.iter().any(|scheme| path.starts_with(scheme))
}

/// Nobody misses a map: the sender gave the source's own lines, or the file is a page, or a library that a server runs, or
/// serves while developing, as it was installed.
pub fn reads_well(frame: &Frame, path: &str) -> bool {
    if path.contains("/node_modules/") {
        return true;
    }
    if let Some(line) = &frame.context_line {
        return line.len() <= MINIFIED_LINE_BYTES_MIN && !line.contains("{snip}");
    }
    !is_script(path)
}

/// People write shorter lines.
const MINIFIED_LINE_BYTES_MIN: usize = 300;

/// By its name. Pages have scripts of their own inside, which are not uploaded.
fn is_script(path: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    let scripts =
        ["js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx", "bundle", "jsbundle", "hbc", "vue", "svelte"];
    extension.is_some_and(|extension| scripts.iter().any(|script| extension.eq_ignore_ascii_case(script)))
}

#[cfg(test)]
mod tests {
    use super::{is_foreign, reads_well};
    use crate::model::event::Frame;

    fn frame(path: &str, line: Option<&str>) -> Frame {
        Frame { abs_path: Some(path.to_owned()), context_line: line.map(str::to_owned), ..Frame::default() }
    }

    #[test]
    fn frames_that_need_no_map() {
        for (path, line, expected) in [
            ("https://h/app.js", None, false),
            ("https://h/app.js?v=1", None, false),
            ("https://h/checkout", None, true),
            ("/srv/app/index.js", Some("  pay();"), true),
            ("/srv/app/index.js", None, false),
            ("/srv/app/node_modules/express/lib/router.js", None, true),
            ("https://h/node_modules/react-dom/client.js", None, true),
            ("app:///main.jsbundle", None, false),
            ("https://h/app.js", Some("{snip} a.b(c) {snip}"), false),
        ] {
            assert_eq!(reads_well(&frame(path, line), path), expected, "{path} {line:?}");
        }
        assert!(!reads_well(&frame("/a.js", Some(&"x".repeat(301))), "/a.js"));
    }

    #[test]
    fn frames_of_nobodys_code() {
        for path in
            ["node:internal/process/task_queues", "<anonymous>", "native", "chrome-extension://abc/x.js"]
        {
            assert!(is_foreign(&frame(path, None)), "{path}");
        }
        assert!(is_foreign(&Frame::default()));
        assert!(!is_foreign(&frame("https://h/native.js", None)));
    }
}
