//! Every claim in `THREAT_MODEL.md` names tests, and every named test exists.

#![allow(clippy::unwrap_used, clippy::panic, reason = "this is all test code")]

use std::fs;
use std::path::Path;

/// The quoted strings of a text that look like `path::function`.
fn named(text: &str) -> Vec<(&str, &str)> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted
        .filter_map(|quoted| quoted.rsplit_once("::"))
        .filter(|(path, _)| path.ends_with(".rs"))
        .collect()
}

/// Whether the source has a test with this name.
fn is_test(source: &str, name: &str) -> bool {
    let head = format!("fn {name}(");
    source.match_indices(&head).any(|(at, _)| {
        let before = source[..at].trim_end().trim_end_matches("async").trim_end();
        let attributes = before
            .lines()
            .rev()
            .take_while(|line| line.trim_start().starts_with("#["));
        { attributes }.any(|line| line.contains("test]") || line.contains("test("))
    })
}

#[test]
fn every_claim_names_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let Ok(model) = fs::read_to_string(root.join("THREAT_MODEL.md")) else {
        // The published package has the tests, but not this document.
        assert!(!root.join(".ci").exists(), "THREAT_MODEL.md is missing");
        return;
    };
    let mut wrong = Vec::new();
    for (path, name) in named(&model) {
        match fs::read_to_string(root.join(path)) {
            Ok(source) if is_test(&source, name) => {}
            Ok(_) => wrong.push(format!("{path} has no test {name}")),
            Err(_) => wrong.push(format!("{path} does not exist")),
        }
    }
    let claims = model.lines().filter(|line| line.starts_with("| "));
    for claim in claims.filter(|line| !line.starts_with("| claim |")) {
        if named(claim).is_empty() {
            wrong.push(format!("no test is named: {claim}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn functions_without_a_test_attribute_do_not_count() {
    let source = "#[test]\nfn one() {}\n#[tokio::test]\nasync fn two() {}\nfn three() {}\n// #[test]\nfn four() {}";
    let found = ["one", "two", "three", "four", "five"].map(|name| is_test(source, name));
    assert_eq!(found, [true, true, false, false, false]);
    assert_eq!(
        named("`a` b `tests/x.rs::y` `Vec::new`"),
        [("tests/x.rs", "y")]
    );
}
