//! A command line, split into words without a shell.

/// Splits a `process_command` as the official CLI and SDKs do: by the rules of a POSIX shell, without expansions.
///
/// Returns `None` for an unclosed quote or a trailing backslash.
#[cfg(unix)]
pub(super) fn split(command: &str) -> Option<Vec<String>> {
    // The CLI has no comments, but `shell_words` does, so each `#` is replaced by a Unicode noncharacter meanwhile.
    const HASH: char = '\u{FDD0}';
    let backslashes = command.bytes().rev().take_while(|byte| *byte == b'\\');
    if backslashes.count() % 2 == 1 {
        return None;
    }
    let command = command.replace('#', HASH.encode_utf8(&mut [0; 4]));
    let mut words = shell_words::split(&command).ok()?;
    for word in &mut words {
        *word = word.replace(HASH, "#");
    }
    Some(words)
}

#[cfg(not(unix))]
pub(super) use split_with_literal_backslashes as split;

/// Splits as the official CLI does on Windows, where a backslash separates directories: `\"` within `"…"` is a quote,
/// any other backslash stands for itself.
///
/// Returns `None` for an unclosed quote.
#[cfg(any(test, not(unix)))]
pub(super) fn split_with_literal_backslashes(command: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut chars = command.chars().peekable();
    while let Some(&start) = chars.peek() {
        if start.is_whitespace() {
            chars.next();
            continue;
        }
        let mut word = String::new();
        while let Some(c) = chars.next_if(|c| !c.is_whitespace()) {
            if c != '\'' && c != '"' {
                word.push(c);
                continue;
            }
            loop {
                match chars.next()? {
                    end if end == c => break,
                    '\\' if c == '"' && chars.next_if_eq(&'"').is_some() => word.push('"'),
                    other => word.push(other),
                }
            }
        }
        words.push(word);
    }
    Some(words)
}

/// Whether a word is a shell operator. It has no effect, because no shell is used.
pub(super) fn is_operator(word: &str) -> bool {
    matches!(
        word,
        "|" | "||" | "&" | "&&" | ";" | "<" | ">" | ">>" | "2>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_command_is_split_as_a_posix_shell_splits_it() {
        for (command, words) in [
            ("", vec![]),
            (
                "  acs-sso login\t--profile  a ",
                vec!["acs-sso", "login", "--profile", "a"],
            ),
            (
                r#"'/opt/my tools/keys' "a b" c"#,
                vec!["/opt/my tools/keys", "a b", "c"],
            ),
            (
                r"/opt/my\ tools/keys \x \\",
                vec!["/opt/my tools/keys", "x", r"\"],
            ),
            (
                r#"a "say \"hi\" \\ \$ \` \n" 'it'\''s'"#,
                vec!["a", r#"say "hi" \ $ ` \n"#, "it's"],
            ),
            ("keys \\\n  --role \\\n  r", vec!["keys", "--role", "r"]),
            ("ke\\\nys \"a\\\nb\"", vec!["keys", "ab"]),
            (
                r#"a --json='{"x": "y"}' "" x"z"'w'"#,
                vec!["a", r#"--json={"x": "y"}"#, "", "xzw"],
            ),
            (
                "echo $HOME ~ * `id` $(id) a|b | #c '#d'",
                vec![
                    "echo", "$HOME", "~", "*", "`id`", "$(id)", "a|b", "|", "#c", "#d",
                ],
            ),
        ] {
            assert_eq!(split(command).unwrap(), words, "{command}");
        }
        for command in ["a 'b", "a \"b", "a \"b\\\"", r"a \", r"a 'b\'c'"] {
            assert!(split(command).is_none(), "{command}");
        }
    }

    #[test]
    fn a_windows_command_keeps_its_backslashes() {
        for (command, words) in [
            (r"C:\tools\keys.exe \x", vec![r"C:\tools\keys.exe", r"\x"]),
            (
                r#""C:\my tools\k.exe" "say \"hi\"" '' a'b c'"#,
                vec![r"C:\my tools\k.exe", r#"say "hi""#, "", "ab c"],
            ),
        ] {
            let split = split_with_literal_backslashes(command);
            assert_eq!(split.unwrap(), words, "{command}");
        }
        for command in ["a 'b", "a \"b", r#"a "b\""#] {
            assert!(
                split_with_literal_backslashes(command).is_none(),
                "{command}"
            );
        }
    }
}
