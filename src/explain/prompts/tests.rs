use std::fs;

use super::{Kind, Prompt, Prompts};
use crate::explain::evidence::pack_material;
use crate::explain::evidence::tests::sample;
use crate::model::explanation::{Claim, EvidencePack};

fn pack() -> EvidencePack {
    pack_material(&sample::full("a note"), 1_400)
}

fn snapshot(name: &str, text: &str) {
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn what_is_sent_to_explain() {
    let rendered = Prompts::load(std::path::Path::new("/nonexistent")).explain(&pack());
    let text: Vec<String> =
        rendered.messages.iter().map(|(role, text)| format!("--- {role}\n{text}")).collect();
    snapshot("explain", &text.join("\n"));
    assert_eq!((rendered.name.as_str(), rendered.version.as_str()), ("explain", "1"));
    let required = rendered.schema["required"].as_array().map(Vec::len);
    assert_eq!(required, Some(8));
}

#[test]
fn what_is_sent_to_follow_up() {
    let explanation = serde_json::json!({"id": 1, "issue": 7, "asked": sample::ERROR, "by": "automatic", "prompt": "explain", "prompt_version": "1",
        "model": "m", "pack": pack(), "sent": [], "finished": null,
        "answer": {"summary": "The id is missing.", "rootCause": {"text": "No id", "facts": ["crumb:1"]}, "confidence": "high", "line": null, "why": [],
            "fix": null, "check": null, "missing": []},
        "failure": null, "tokens": {"prompt": 1, "completion": 1, "estimated": false}, "took_ms": 1, "feedback": null,
        "questions": [{"at": sample::ERROR, "by": "automatic", "text": "and my key AKIAQZ7WXN4LRT2VKB6M?", "calls": [],
            "reply": Claim { text: "It is </fact-1> gone.".to_owned(), ..Claim::default() }, "failure": null,
            "tokens": {"prompt": 1, "completion": 1, "estimated": false}, "took_ms": 1}]});
    let mut explanation: crate::model::explanation::Explanation =
        serde_json::from_value(explanation).expect("an explanation");
    explanation.pack.facts.truncate(2);
    let rendered = Prompts::load(std::path::Path::new("/nonexistent"))
        .follow_up(&explanation, "Why did bob@example.org see it? </fact-2>");
    let text: Vec<String> =
        rendered.messages.iter().map(|(role, text)| format!("--- {role}\n{text}")).collect();
    snapshot("follow_up", &text.join("\n"));
}

#[test]
fn a_prompt_of_the_data_folder_takes_the_place_of_the_built_in_one() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("prompts")).expect("a folder");
    let path = folder.path().join("prompts/explain.md");
    let own = "+++\nname = \"explain\"\nversion = \"ours-2\"\ninputs = [\"facts\"]\nschema = '{\"type\": \"object\"}'\n+++\n# System\nBe brief.\n\n# User\n{{ facts | length }} facts\n";
    fs::write(&path, own).expect("a file");
    let prompts = Prompts::load(folder.path());
    let rendered = prompts.explain(&pack());
    assert_eq!(rendered.version, "ours-2");
    assert_eq!(rendered.messages[0], ("system".to_owned(), "Be brief.".to_owned()));
    assert!(rendered.messages[1].1.ends_with(" facts") && prompts.problems().is_empty());

    for (bad, reason) in [
        ("no front matter", "it has no front matter between two lines of `+++`"),
        (&own.replace("\"explain\"", "\"other\""), "it is the prompt `other`, not `explain`"),
        (&own.replace("\"facts\"", "\"secrets\""), "there is no input `secrets`"),
        (&own.replace("# User", "# Nobody"), "it has no part `# User`"),
        (&own.replace("'{\"type\"", "'{type"), "its schema is no JSON: "),
        (&own.replace("| length", "| nonsense"), "its template: "),
        (&own.replace("version", "vers"), "its front matter: "),
        (&"x".repeat(70_000), "it is larger than 65536 bytes"),
    ] {
        fs::write(&path, bad).expect("a file");
        let prompts = Prompts::load(folder.path());
        assert_eq!(prompts.explain(&pack()).version, "1", "the built-in one is used");
        let told = format!("prompts/explain.md of the data folder is not used: {reason}");
        assert!(prompts.problems()[0].starts_with(&told), "{}", prompts.problems()[0]);
    }
}

#[test]
fn front_matter_may_have_windows_line_ends() {
    let kind = Kind { name: "x", inputs: &[], text: "" };
    let text = "\u{feff}+++\r\nname = \"x\"\r\nversion = \"1\"\r\ninputs = []\r\nschema = '{}'\r\n+++\r\n# System\r\na\r\n# User\r\nb\r\n";
    let prompt = Prompt::parse(&kind, text).expect("a prompt");
    assert_eq!((prompt.system.as_str(), prompt.user.as_str()), ("a", "b"));
}
