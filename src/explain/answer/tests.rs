use super::*;

const WHOLE: &str = r#"{"summary":"The user \"was\" null {sic}","root_cause":{"text":"id was undefined","facts":["crumb:7","frame:1"]},
    "confidence":"high","line":{"file":"src/user.ts","line":42,"function":"load","fact":"frame:1"},
    "why":[{"text":"first","facts":["crumb:7"]},{"text":"then","facts":[]}],
    "fix":{"text":"check it","diff":"--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y"},"check":"log id","missing":["the body"]}"#;

#[test]
fn a_whole_answer_is_read_as_it_is() {
    let answer = read(WHOLE, false).expect("an answer");
    assert_eq!(answer.summary, "The user \"was\" null {sic}");
    assert_eq!(answer.root_cause.facts, ["crumb:7", "frame:1"]);
    assert_eq!((answer.confidence, answer.why.len()), (Confidence::High, 2));
    assert_eq!(answer.line.as_ref().and_then(|line| line.line), Some(42));
    assert!(answer.fix.as_ref().is_some_and(|fix| fix.diff.is_some()));
    assert_eq!(
        (answer.check.as_deref(), &answer.missing[..]),
        (Some("log id"), &["the body".to_owned()][..])
    );
    assert!(answer.notes.is_empty());
}

/// Cut anywhere, nothing panics, what is shown is the beginning of the truth, and it only ever grows.
#[test]
fn at_every_cut_only_whole_parts_are_shown() {
    let whole = read(WHOLE, false).expect("an answer");
    let mut seen = 0;
    for at in 0..=WHOLE.len() {
        let so_far = partial(&WHOLE[..at]);
        let shown = [
            !so_far.summary.is_empty(),
            !so_far.root_cause.text.is_empty(),
            so_far.line.is_some(),
            so_far.fix.is_some(),
            so_far.check.is_some(),
        ];
        let shown =
            shown.iter().filter(|is_shown| **is_shown).count() + so_far.why.len() + so_far.missing.len();
        assert!(shown >= seen, "at {at} of {}", WHOLE.len());
        seen = shown;
        assert!(so_far.summary.is_empty() || so_far.summary == whole.summary, "{}", so_far.summary);
        assert!(whole.root_cause.text.starts_with(&so_far.root_cause.text));
        for (step, full) in so_far.why.iter().zip(&whole.why) {
            assert_eq!(step.text, full.text);
        }
        let _ = read(&WHOLE[..at], false);
        let _ = read(&WHOLE[..at], true);
    }
    assert_eq!(partial(WHOLE), whole);
}

#[test]
fn what_models_make_of_json_is_mended() {
    for (text, note) in [
        (format!("```json\n{WHOLE}\n```"), None),
        (format!("Sure! Here is it:\n{WHOLE}\nI hope {{it}} helps"), None),
        (format!("<think>{{\"summary\":\"no\"}} hm</think>\n{WHOLE}"), None),
        (format!("{{\"answer\":{WHOLE}}}"), None),
        (r#"{"summary":"s","rootCause":"r"}"#.to_owned(), None),
        (
            r#"{"summary":"s","root_cause":{"text":"r","facts":"frame:1, [crumb:2]"},}"#.to_owned(),
            Some(JSON_REPAIRED),
        ),
        ("{'summary': 's', 'root_cause': 'r'}".to_owned(), Some(JSON_REPAIRED)),
        ("{summary: \"s\", root_cause: {text: \"r\"}}".to_owned(), Some(JSON_REPAIRED)),
        (r#"{"summary":"s" "root_cause":"r"}"#.to_owned(), Some(JSON_REPAIRED)),
        (r#"{"summary":"s","root_cause":{"text":"r""#.to_owned(), Some(JSON_REPAIRED)),
        ("It is the clock.\n\nThe token had expired.".to_owned(), Some(TEXT_ONLY)),
    ] {
        let answer = read(&text, false).unwrap_or_else(|| panic!("{text}"));
        assert!(!answer.summary.is_empty() && !answer.root_cause.text.is_empty(), "{text}: {answer:?}");
        assert_eq!(answer.notes.first().map(String::as_str), note, "{text}");
    }
    let listed = read(r#"{"summary":"s","root_cause":{"text":"r","facts":"frame:1, [crumb:2]"}}"#, false);
    assert_eq!(listed.expect("an answer").root_cause.facts, ["frame:1", "crumb:2"]);
}

#[test]
fn nothing_is_made_of_nothing() {
    for text in ["", "   ", "{", "{}", "[]", "```", "<think>for ever", "{\"a\":1}", "{\"summary\":\"\"}", "…"]
    {
        assert_eq!(read(text, false), None, "{text:?}");
    }
}

#[test]
fn an_answer_that_was_cut_counts_once_the_cause_is_whole() {
    let at = WHOLE.find("\"confidence\"").expect("there");
    let cut = read(&WHOLE[..at], true).expect("enough");
    assert_eq!(cut.notes, [CUT_OFF]);
    assert_eq!(read(&WHOLE[..20], true), None);
}

#[test]
fn everything_is_bounded() {
    let long = "x".repeat(50_000);
    let many: Vec<String> = (0..500).map(|n| format!("\"frame:{n}\"")).collect();
    let steps = vec![format!("{{\"text\":\"{long}\",\"facts\":[{}]}}", many.join(",")); 50].join(",");
    let text = format!("{{\"summary\":\"{long}\",\"why\":[{steps}],\"fix\":{{\"diff\":\"{long}\"}}}}");
    let answer = read(&text, false).expect("an answer");
    assert!(answer.summary.chars().count() <= SUMMARY_CHARS_MAX + 1);
    assert!(answer.why.len() <= STEPS_MAX && answer.why[0].facts.len() <= FACTS_MAX);
    assert!(answer.fix.expect("a fix").diff.expect("a diff").len() <= DIFF_CHARS_MAX);
    let deep = format!("{{\"summary\":{}", "[".repeat(10_000));
    assert_eq!(partial(&deep), Answer::default());
    let _ = read(&deep, false);
}

/// Bytes that no model sends on purpose.
#[test]
fn noise_does_no_harm() {
    let mut seed = 7_u64;
    let mut next = move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).expect("fits")
    };
    let signs: Vec<char> = "{}[]\":,\\'`nul1e-é“ <think>/ab\n".chars().collect();
    for _ in 0..3_000 {
        let mut text: Vec<char> = WHOLE.chars().collect();
        for _ in 0..=next() % 6 {
            let at = next() % text.len();
            text[at] = signs[next() % signs.len()];
        }
        text.truncate(next() % text.len() + 1);
        let text: String = text.into_iter().collect();
        let _ = (partial(&text), read(&text, false), read(&text, true));
    }
}
