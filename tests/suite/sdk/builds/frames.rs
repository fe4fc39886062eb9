//! Where the app fails, said by hand; and what the API must say of it, whichever tool built the app.

use std::fs;

use serde_json::Value;

use crate::sdk::builds::shop::Shop;

/// A place in the app's own sources, counted from 1.
struct Place {
    function: &'static str,
    file: &'static str,
    line: u64,
    column: u64,
}

/// The innermost frames, crash first. Between the last two stands the library that calls back.
const CRASH: Place = Place::new("chargeCard", "src/payment.ts", 18, 11);
const CALLERS: &[Place] = &[
    Place::new("attempt", "src/register.ts", 14, 23),
    Place::new("settle", "src/register.ts", 17, 24),
    Place::new("attempt", "src/checkout.ts", 20, 31),
    Place::new(ANONYMOUS, "src/checkout.ts", 23, 18),
];
const EMITTER: Place = Place::new("checkOut", "src/checkout.ts", 27, 7);
/// A callback without a name is called what its caller calls it, which depends on the library's own map.
const ANONYMOUS: &str = "";
/// Lines on either side of the one at fault.
const CONTEXT_LINES: usize = 5;

impl Place {
    const fn new(function: &'static str, file: &'static str, line: u64, column: u64) -> Self {
        Self { function, file, line, column }
    }
}

/// Every frame of the app reads as it was written, and the library's are not in-app.
pub fn assert_readable(shop: &Shop) {
    let event = shop.event();
    let frames = frames(&event);
    let mut inner = frames.iter().rev();
    assert_place(shop, inner.next().expect("a crash frame"), &CRASH);
    for place in CALLERS {
        assert_place(shop, inner.next().expect("a caller"), place);
    }
    // Browsers' SDKs call the browser's own functions in-app.
    let is_between = |frame: &&Value| frame["inApp"] == false || frame["filename"] == "<anonymous>";
    let mut emitter = inner.skip_while(is_between);
    assert_place(shop, emitter.next().expect("who emitted"), &EMITTER);
    let library: Vec<&Value> =
        frames.iter().filter(|frame| text(&frame["filename"]).contains("node_modules/mitt/")).collect();
    assert!(library.len() >= 2, "the library's frames are named by its files: {frames:#?}");
    assert!(library.iter().all(|frame| frame["inApp"] == false), "{library:#?}");
    assert_eq!(event["metadata"]["type"], "PaymentDeclined");
    assert_headline(shop);
}

/// The issue is named by the place that a person knows.
fn assert_headline(shop: &Shop) {
    let about = |issue: &Value| {
        let [file, function] = ["filename", "function"].map(|key| text(&issue["metadata"][key]).to_owned());
        (file, function)
    };
    shop.server.wait_until("the issue is named by its source", || {
        let (file, function) = about(&shop.server.issues("")[0]);
        file.ends_with(CRASH.file) && is_function(&function, CRASH.function)
    });
}

/// The crash frame is as it was sent and says why. Answers the command that mends it.
pub fn assert_minified(shop: &Shop, code: &str) -> String {
    let event = shop.event();
    let frames = frames(&event);
    let crash = frames.last().expect("a crash frame");
    assert!(!text(&crash["filename"]).contains("payment"), "{crash:#?}");
    assert_eq!(crash["sourceMapProblem"]["code"], code, "{crash:#?}");
    text(&crash["sourceMapProblem"]["fix"]["command"]).to_owned()
}

fn assert_place(shop: &Shop, frame: &Value, place: &Place) {
    let found = format!("{frame:#}");
    assert!(is_function(text(&frame["function"]), place.function), "{}: {found}", place.function);
    assert!(is_file(text(&frame["filename"]), place.file), "{}: {found}", place.file);
    assert_eq!(frame["lineNo"], place.line, "{found}");
    assert_eq!(frame["colNo"], place.column, "{found}");
    assert_eq!(frame["inApp"], true, "{found}");
    assert_context(shop, frame, place);
}

/// The text around the line is that of the file.
fn assert_context(shop: &Shop, frame: &Value, place: &Place) {
    let source = fs::read_to_string(shop.folder().join(place.file)).expect("a source of the app");
    let at = usize::try_from(place.line).expect("a line");
    let expected: Vec<(u64, &str)> = (1..)
        .zip(source.split('\n'))
        .skip(at.saturating_sub(CONTEXT_LINES + 1))
        .take_while(|(number, _)| *number <= place.line + CONTEXT_LINES as u64)
        .collect();
    let context: Vec<(u64, &str)> = frame["context"]
        .as_array()
        .expect("a frame has its source around it")
        .iter()
        .map(|line| (line[0].as_u64().expect("a number"), text(&line[1])))
        .collect();
    assert_eq!(context, expected, "{frame:#}");
}

/// A method may be said with its class.
fn is_function(said: &str, name: &str) -> bool {
    name == ANONYMOUS || said.rsplit('.').next() == Some(name)
}

/// Tools write `../src/a.ts`, `src/a.ts` or `./src/a.ts`; webpack puts the package's name before it.
fn is_file(said: &str, path: &str) -> bool {
    let said = said.trim_start_matches("../").trim_start_matches("./");
    said == path || said.strip_prefix("shop/").is_some_and(|rest| rest.trim_start_matches("./") == path)
}

fn frames(event: &Value) -> Vec<Value> {
    let entries = event["entries"].as_array().expect("entries");
    let exception = entries.iter().find(|entry| entry["type"] == "exception").expect("an exception");
    let values = exception["data"]["values"].as_array().expect("exceptions");
    let frames = values.last().expect("an exception")["stacktrace"]["frames"].as_array();
    frames.expect("frames").clone()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
