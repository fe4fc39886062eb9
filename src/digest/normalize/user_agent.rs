//! Browser, operating system and device from a `User-Agent` header, named as Sentry names them.
//!
//! A small reader of the common forms rather than a database of patterns: it costs a microsecond, needs no
//! updates for new versions, and what it does not know it leaves out.

use serde_json::{Value, json};

use crate::model::event::Object;

/// What lies beyond is not looked at.
const AGENT_BYTES_MAX: usize = 512;

/// Adds the contexts that the SDK did not send. The system goes into `client_os` where the event comes
/// from a server, which has its own `os`.
pub fn fill_contexts(contexts: &mut Object, agent: &str, from_browser: bool) {
    let agent = &agent[..agent.floor_char_boundary(AGENT_BYTES_MAX)];
    if !contexts.contains_key("browser")
        && let Some((name, version)) = browser(agent)
    {
        contexts.insert("browser".to_owned(), named("browser", name, version));
    }
    let os_key = if from_browser { "os" } else { "client_os" };
    if !contexts.contains_key(os_key)
        && let Some((name, version)) = os(agent)
    {
        contexts.insert(os_key.to_owned(), named("os", name, version.as_deref()));
    }
    if !contexts.contains_key("device")
        && let Some((family, model)) = device(agent)
    {
        contexts.insert("device".to_owned(), json!({"type": "device", "family": family, "model": model}));
    }
}

fn named(kind: &str, name: &str, version: Option<&str>) -> Value {
    match version {
        Some(version) => json!({"type": kind, "name": name, "version": version}),
        None => json!({"type": kind, "name": name}),
    }
}

/// Marks in the order in which they rule each other out: Edge says that it is Chrome, Chrome that it is Safari.
const BROWSERS: [(&str, &str); 22] = [
    ("Edg/", "Edge"),
    ("EdgA/", "Edge Mobile"),
    ("EdgiOS/", "Edge Mobile"),
    ("Edge/", "Edge"),
    ("OPR/", "Opera"),
    ("OPiOS/", "Opera Mobile"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("YaBrowser/", "Yandex Browser"),
    ("Vivaldi/", "Vivaldi"),
    ("DuckDuckGo/", "DuckDuckGo"),
    ("Electron/", "Electron"),
    ("HeadlessChrome/", "HeadlessChrome"),
    ("CriOS/", "Chrome Mobile iOS"),
    ("FxiOS/", "Firefox iOS"),
    ("Googlebot/", "Googlebot"),
    ("bingbot/", "bingbot"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("MSIE ", "IE"),
    ("rv:11.0) like Gecko", "IE"),
    ("Version/", "Safari"),
    ("AppleWebKit/", ""),
];

fn browser(agent: &str) -> Option<(&str, Option<&str>)> {
    let (mark, name) =
        BROWSERS.into_iter().find(|(mark, _)| agent.contains(mark)).or_else(|| client(agent))?;
    let mobile = agent.contains("Mobile");
    let name = match name {
        "Chrome" if agent.contains("; wv)") => "Chrome Mobile WebView",
        "Chrome" if mobile => "Chrome Mobile",
        "Firefox" if mobile || agent.contains("Tablet") => "Firefox Mobile",
        "Safari" if !agent.contains("Safari/") => "",
        "Safari" if mobile => "Mobile Safari",
        name => name,
    };
    if name.is_empty() {
        return (mobile && agent.contains("iPhone")).then_some(("Mobile Safari UI/WKWebView", None));
    }
    if mark.starts_with("rv:") {
        return Some((name, Some("11.0")));
    }
    Some((name, version_after(agent, mark)))
}

/// Programs that name themselves first, and nobody else: `curl/8.5.0`.
fn client(agent: &str) -> Option<(&str, &str)> {
    let (name, rest) = agent.split_once('/')?;
    let is_name = !name.is_empty()
        && name != "Mozilla"
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    let shown = if name == "python-requests" { "Python Requests" } else { name };
    (is_name && rest.starts_with(|c: char| c.is_ascii_digit())).then(|| (&agent[..=name.len()], shown))
}

/// Up to three numbers: the fourth tells builds apart, not browsers.
fn version_after<'a>(agent: &'a str, mark: &str) -> Option<&'a str> {
    let rest = &agent[agent.find(mark)? + mark.len()..];
    let length = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let version = rest[..length].trim_end_matches('.');
    let end = version.match_indices('.').nth(2).map_or(version.len(), |(end, _)| end);
    (end > 0).then(|| &version[..end])
}

fn os(agent: &str) -> Option<(&'static str, Option<String>)> {
    let after = |mark: &str| version_after(agent, mark).map(str::to_owned);
    if agent.contains("Windows Phone") {
        return Some(("Windows Phone", after("Windows Phone ")));
    }
    if agent.contains("Windows NT ") {
        let version = match version_after(agent, "Windows NT ")? {
            // Browsers say 10.0 for everything newer.
            "10.0" => ">=10",
            "6.3" => "8.1",
            "6.2" => "8",
            "6.1" => "7",
            "6.0" => "Vista",
            "5.1" | "5.2" => "XP",
            _ => return Some(("Windows", None)),
        };
        return Some(("Windows", Some(version.to_owned())));
    }
    if agent.contains("iPhone") || agent.contains("iPad") || agent.contains("iPod") {
        return Some(("iOS", underscored(agent, "OS ")));
    }
    if agent.contains("Android") {
        return Some(("Android", after("Android ")));
    }
    if agent.contains("Mac OS X") {
        // Browsers say 10.15.7 for everything newer.
        let version = underscored(agent, "Mac OS X ");
        let frozen = version.as_deref() == Some("10.15.7") || version.as_deref() == Some("10.15");
        return Some(("Mac OS X", if frozen { Some(">=10.15.7".to_owned()) } else { version }));
    }
    if agent.contains("CrOS") {
        return Some(("Chrome OS", None));
    }
    if agent.contains("Ubuntu") {
        return Some(("Ubuntu", None));
    }
    agent.contains("Linux").then_some(("Linux", None))
}

/// Apple writes `17_1_2`.
fn underscored(agent: &str, mark: &str) -> Option<String> {
    let rest = &agent[agent.find(mark)? + mark.len()..];
    let length = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_').unwrap_or(rest.len());
    (length > 0).then(|| rest[..length].replace('_', "."))
}

fn device(agent: &str) -> Option<(&str, &str)> {
    for name in ["iPhone", "iPad", "iPod"] {
        if agent.contains(name) {
            return Some((name, name));
        }
    }
    if agent.contains("Macintosh") {
        return Some(("Mac", "Mac"));
    }
    // `Linux; Android 14; SM-S918B Build/…)`
    let rest = &agent[agent.find("Android ")?..];
    let part = rest[..rest.find(')').unwrap_or(rest.len())].split("; ").nth(1)?;
    let model = part.split(" Build").next().unwrap_or(part).trim();
    let named = !model.is_empty() && model != "K" && model != "wv" && !model.starts_with("rv:");
    Some(if named { (model, model) } else { ("Generic Smartphone", "Smartphone") })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{browser, device, fill_contexts, os};
    use crate::model::event::Object;

    #[test]
    fn browsers_systems_and_devices() {
        let chrome = "(KHTML, like Gecko) Chrome/120.0.0.0";
        let win = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36";
        let mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)";
        let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";
        let droid = "Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36";
        let cases: [(String, &str, &str, &str); 12] = [
            (format!("{win} {chrome} Safari/537.36"), "Chrome 120.0.0", "Windows >=10", ""),
            (
                format!("{win} {chrome} Safari/537.36 Edg/120.0.2210.91"),
                "Edge 120.0.2210",
                "Windows >=10",
                "",
            ),
            (format!("{mac} Version/17.1 Safari/605.1.15"), "Safari 17.1", "Mac OS X >=10.15.7", "Mac"),
            (
                format!("{phone} Version/17.1 Mobile/15E148 Safari/604.1"),
                "Mobile Safari 17.1",
                "iOS 17.1.2",
                "iPhone",
            ),
            (
                format!("{droid} {chrome} Mobile Safari/537.36"),
                "Chrome Mobile 120.0.0",
                "Android 14",
                "SM-S918B",
            ),
            (
                "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0".into(),
                "Firefox 121.0",
                "Ubuntu",
                "",
            ),
            (
                "Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko".into(),
                "IE 11.0",
                "Windows 7",
                "",
            ),
            (
                format!(
                    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML) HeadlessChrome/99.0.1 Safari/5"
                ),
                "HeadlessChrome 99.0.1",
                "Linux",
                "",
            ),
            ("curl/8.5.0".into(), "curl 8.5.0", "", ""),
            ("python-requests/2.31.0".into(), "Python Requests 2.31.0", "", ""),
            (
                "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)".into(),
                "Googlebot 2.1",
                "",
                "",
            ),
            ("gibberish \u{1F600}".into(), "", "", ""),
        ];
        for (agent, expected_browser, expected_os, expected_device) in cases {
            let shown = |name: &str, version: Option<&str>| {
                [Some(name), version].into_iter().flatten().collect::<Vec<_>>().join(" ")
            };
            let found = browser(&agent).map(|(name, version)| shown(name, version));
            assert_eq!(found.unwrap_or_default(), expected_browser, "{agent}");
            let found = os(&agent).map(|(name, version)| shown(name, version.as_deref()));
            assert_eq!(found.unwrap_or_default(), expected_os, "{agent}");
            assert_eq!(device(&agent).map_or("", |(family, _)| family), expected_device, "{agent}");
        }
    }

    #[test]
    fn what_was_sent_stays() {
        let mut contexts: Object = [("browser".to_owned(), json!({"name": "Mine"}))].into();
        fill_contexts(&mut contexts, "Mozilla/5.0 (X11; Linux x86_64) Firefox/1.0", false);
        let expected = json!({"browser": {"name": "Mine"}, "client_os": {"type": "os", "name": "Linux"}});
        assert_eq!(Value::from_iter(contexts), expected);
    }
}
