//! Public texts use the words of the field: the words to avoid are listed in `CONTRIBUTING.md`.

#![allow(clippy::unwrap_used, reason = "this is all test code")]

use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The left column of the table below the heading `## Words`.
fn banned_words() -> Vec<String> {
    let page = fs::read_to_string(Path::new(ROOT).join("CONTRIBUTING.md")).unwrap();
    let (_, section) = page.split_once("\n## Words\n").unwrap();
    let rows = section.lines().skip_while(|line| !line.starts_with("|---"));
    let rows = rows.skip(1).take_while(|line| line.starts_with('|'));
    let cells = rows.filter_map(|row| row.split('|').nth(1).map(str::to_owned));
    let words = cells.flat_map(|cell| {
        let words = cell.split(',').map(|word| word.trim().to_owned());
        words.collect::<Vec<_>>()
    });
    words.filter(|word| !word.is_empty()).collect()
}

fn files(path: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            files(&entry.unwrap().path(), ending, found);
        }
    } else if path.to_string_lossy().ends_with(ending) {
        found.push(path.to_owned());
    }
}

/// The text without the parts in backticks: names and commands may be any word.
fn prose(text: &str) -> String {
    text.split('`').step_by(2).collect::<Vec<_>>().join(" ")
}

/// The string literals of a line of code that read as prose: those with a blank in them.
fn literals(line: &str) -> String {
    let line = line.replace("\\\"", "");
    let literals = line.split('"').skip(1).step_by(2);
    let prose = literals.filter(|text| text.contains(' '));
    prose.collect::<Vec<_>>().join(" \u{0} ")
}

/// What readers see of a line of Rust: documentation, or the texts in its string literals.
fn public_text(line: &str, in_code: &mut bool) -> String {
    let line = line.trim_start();
    let doc = line.strip_prefix("///").or(line.strip_prefix("//!"));
    match doc {
        Some(doc) if doc.trim_start().starts_with("```") => {
            *in_code = !*in_code;
            String::new()
        }
        Some(doc) if *in_code => literals(doc),
        Some(doc) => prose(doc),
        None if line.starts_with("//") => String::new(),
        None => prose(&literals(line)),
    }
}

fn words_in<'a>(text: &str, banned: &'a [String]) -> Vec<&'a str> {
    let text = text.to_lowercase();
    let is_letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let occurs = |word: &&String| {
        let mut matches = text.match_indices(&***word);
        matches.any(|(at, _)| {
            let after = &text[at + word.len()..];
            !is_letter(text[..at].chars().next_back()) && !is_letter(after.chars().next())
        })
    };
    banned.iter().filter(occurs).map(|word| &**word).collect()
}

fn violations() -> Vec<String> {
    let banned = banned_words();
    let mut found = Vec::new();
    let mut rust = Vec::new();
    for folder in ["src", "examples", "simulator/src"] {
        files(&Path::new(ROOT).join(folder), ".rs", &mut rust);
    }
    for file in rust {
        let mut in_code = false;
        let source = fs::read_to_string(&file).unwrap();
        // Unit tests are at the end of a file and are not public.
        let source = source.split("#[cfg(test)]\nmod ").next().unwrap();
        for (number, line) in source.lines().enumerate() {
            for word in words_in(&public_text(line, &mut in_code), &banned) {
                found.push(format!("{}:{}: {word}", file.display(), number + 1));
            }
        }
    }
    let mut pages = Vec::new();
    for page in [
        "README.md",
        "CHANGELOG.md",
        "THREAT_MODEL.md",
        "SECURITY.md",
    ] {
        pages.push(Path::new(ROOT).join(page));
    }
    files(&Path::new(ROOT).join("src/guide"), ".md", &mut pages);
    for file in pages {
        let mut in_code = false;
        let page = fs::read_to_string(&file).unwrap();
        for (number, line) in page.lines().enumerate() {
            in_code ^= line.starts_with("```");
            if in_code {
                continue;
            }
            for word in words_in(&prose(line), &banned) {
                found.push(format!("{}:{}: {word}", file.display(), number + 1));
            }
        }
    }
    found
}

#[test]
fn public_texts_avoid_the_words_that_contributing_lists() {
    let found = violations();
    assert!(
        found.is_empty(),
        "{} words to replace:\n{}",
        found.len(),
        found.join("\n")
    );
}

#[test]
fn whole_words_of_documentation_and_messages_are_found_and_names_are_not() {
    let banned = ["answer".to_owned(), "tried again".to_owned()];
    let words = |line: &str| words_in(&public_text(line, &mut false), &banned);
    assert_eq!(
        words("/// The Answer, tried again."),
        ["answer", "tried again"]
    );
    assert_eq!(words(r#"    let text = "no answer from H";"#), ["answer"]);
    for line in [
        "/// Reads the file `answer`.",
        "/// An unanswered question.",
        r#"    let path = "answer.json";"#,
        "    let answer = 1; // the answer",
    ] {
        assert!(words(line).is_empty(), "{line}");
    }
}
