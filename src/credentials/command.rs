//! A command line, split into words without a shell.

/// The rules are those of [`ExternalProvider::from_command`](super::ExternalProvider::from_command).
///
/// The error is the rest of a sentence that begins with the command.
pub(super) fn split(command: &str) -> Result<Vec<String>, &'static str> {
    const OPERATORS: [&str; 9] = ["|", "||", "&", "&&", ";", "<", ">", ">>", "2>"];
    let mut words = Vec::new();
    let mut chars = command.chars().peekable();
    while let Some(&start) = chars.peek() {
        if start.is_whitespace() {
            chars.next();
            continue;
        }
        let mut word = String::new();
        let mut quoted = false;
        while let Some(c) = chars.next_if(|c| !c.is_whitespace()) {
            if c != '\'' && c != '"' {
                word.push(c);
                continue;
            }
            quoted = true;
            loop {
                match chars.next().ok_or("has an open quote")? {
                    end if end == c => break,
                    '\\' if c == '"' && chars.next_if_eq(&'"').is_some() => word.push('"'),
                    other => word.push(other),
                }
            }
        }
        if !quoted && OPERATORS.contains(&word.as_str()) {
            return Err("needs a shell, and none is used: put it into a script");
        }
        words.push(word);
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_split_without_a_shell() {
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
            (r"C:\tools\keys.exe \x", vec![r"C:\tools\keys.exe", r"\x"]),
            (
                r#""C:\my tools\k.exe" "say \"hi\"""#,
                vec![r"C:\my tools\k.exe", r#"say "hi""#],
            ),
            (
                r#"a --json='{"x": "y"}' """#,
                vec!["a", r#"--json={"x": "y"}"#, ""],
            ),
            (
                "echo $HOME ~ * `id` $(id) a|b",
                vec!["echo", "$HOME", "~", "*", "`id`", "$(id)", "a|b"],
            ),
            ("a '|' \">\"", vec!["a", "|", ">"]),
        ] {
            assert_eq!(split(command).unwrap(), words, "{command}");
        }
        for command in ["a 'b", "a \"b", "a | b", "a && b", "a > b", "a ; b", "a &"] {
            assert!(split(command).is_err(), "{command}");
        }
    }
}
