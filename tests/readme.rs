//! The two READMEs agree with each other, and show what real runs print.
//!
//! `BLESS=1 cargo test --test readme` draws the picture of the terminal again.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "this is all test code, and a variable asks for the picture"
)]

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const ENGLISH: &str = include_str!("../README.md");
const CHINESE: &str = include_str!("../README.zh-CN.md");

/// The code blocks of a page, each with its language in the first line.
fn code_blocks(page: &str) -> Vec<String> {
    let blocks = page.split("\n```").skip(1).step_by(2);
    blocks.map(str::to_owned).collect()
}

/// The code of a block without what depends on the language: comments, texts, and the method for descriptions.
fn language_neutral(block: &str) -> String {
    let is_chinese = |c: char| ('\u{2e80}'..'\u{ffff}').contains(&c);
    let code = |line: &str| line.split(" // ").next().unwrap_or_default().to_owned();
    let code = block.lines().map(code).collect::<Vec<_>>().join("\n");
    let in_next_step = code.contains("fn next_step") || code.contains(is_chinese);
    let pieces = code.split('"').enumerate();
    let kept = pieces.filter(|(at, _)| !in_next_step || at % 2 == 0);
    let code: Vec<_> = kept.map(|(_, piece)| piece).collect();
    code.join("\"").replace("description_zh", "description")
}

/// The parts of a page that do not depend on the language: headings by level, rows, list items, and link targets.
fn skeleton(page: &str) -> Vec<String> {
    let mut bones = Vec::new();
    let mut in_code = false;
    for line in page.lines() {
        if line.starts_with("```") {
            in_code = !in_code;
            bones.push("code".to_owned());
        } else if in_code {
            continue;
        } else if line.starts_with('#') {
            bones.push(format!("heading {}", line.find(' ').unwrap()));
        } else if line.starts_with('|') {
            bones.push(format!("row of {}", line.matches(" | ").count()));
        } else if line.starts_with("- ") {
            bones.push("item".to_owned());
        } else {
            let links = line.split("](").skip(1).filter_map(|l| l.split(')').next());
            let links = links.chain(
                line.starts_with('[')
                    .then(|| line.split("]: ").nth(1))
                    .flatten(),
            );
            let away = links.filter(|link| !link.starts_with('#') && !link.starts_with("README"));
            bones.extend(away.map(|link| format!("link {link}")));
        }
    }
    bones
}

#[test]
fn the_chinese_readme_has_the_sections_code_tables_and_links_of_the_english_one() {
    assert_eq!(skeleton(ENGLISH), skeleton(CHINESE));
    let english = code_blocks(ENGLISH);
    let chinese = code_blocks(CHINESE);
    assert!(english.len() > 10, "{}", english.len());
    for (english, chinese) in english.iter().zip(&chinese) {
        assert_eq!(language_neutral(english), language_neutral(chinese));
    }
    for prose in ENGLISH.split("\n```").step_by(2) {
        for name in prose.split('`').skip(1).step_by(2) {
            assert!(CHINESE.contains(name), "the Chinese page has no {name}");
        }
    }
}

#[test]
fn the_pages_name_the_rust_version_and_the_version_of_this_crate() {
    let minor = env!("CARGO_PKG_VERSION").rsplit_once('.').unwrap().0;
    for page in [ENGLISH, CHINESE] {
        assert!(page.contains(concat!("Rust ", env!("CARGO_PKG_RUST_VERSION"))));
        assert!(page.contains(&format!("aliyun-ecs = \"{minor}\"")));
    }
}

/// What an example prints. `cargo test` builds examples along.
fn run(example: &str, arguments: &[&str]) -> String {
    let own = std::env::current_exe().unwrap();
    let path = own.parent().and_then(Path::parent).unwrap();
    let path = path.join("examples").join(example);
    assert!(
        path.exists(),
        "build it first: cargo build --example {example}"
    );
    let mut program = Command::new(path);
    let output = program.args(arguments).env_clear().output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The text with `0` for every digit and `x` for ids, which are hexadecimal: what does not differ from run to run.
fn shape(text: &str) -> String {
    let is_id = |word: &str| {
        let is_hex = word.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
        is_hex && matches!(word.len(), 8 | 36)
    };
    let words = text.split_inclusive([' ', '/', ')', '\n']).map(|word| {
        let id = word.trim_end_matches([' ', '/', ')', '\n']);
        let word = if is_id(id) {
            word.replace(id, "x")
        } else {
            word.to_owned()
        };
        word.replace(|c: char| c.is_ascii_digit(), "0")
    });
    words.collect()
}

#[test]
fn the_first_example_prints_what_the_readme_shows() {
    let printed = run("modify_prepay_instance_spec", &[]);
    let blocks = code_blocks(ENGLISH);
    let shown = blocks.iter().find_map(|block| block.strip_prefix("text\n"));
    let shown = shown.unwrap();
    assert_eq!(shape(printed.trim_end()), shape(shown));
}

/// Columns of the terminal that is drawn.
const COLUMNS: usize = 100;

/// A picture of a terminal after a command has printed this, longer lines broken as a terminal does.
fn picture(command: &str, printed: &str) -> String {
    let mut rows = 0;
    let mut lines = String::new();
    for line in printed.trim_end().lines() {
        let color = if line.starts_with("* ") {
            "#9cc4ff"
        } else {
            "#d5dae3"
        };
        write!(lines, "<text fill=\"{color}\" xml:space=\"preserve\">").unwrap();
        let characters: Vec<char> = line.chars().collect();
        for row in characters.chunks(COLUMNS) {
            let row: String = row.iter().collect();
            let (y, row) = (
                56 + rows * 18,
                row.replace('&', "&amp;").replace('<', "&lt;"),
            );
            write!(lines, "<tspan x=\"20\" y=\"{y}\">{row}</tspan>").unwrap();
            rows += 1;
        }
        rows += usize::from(line.is_empty());
        lines.push_str("</text>\n");
    }
    let (width, height) = (COLUMNS * 8 + 40, rows * 18 + 66);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" font-size=\"13.3\" \
         font-family=\"ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace\">\n\
         <title>{command}</title>\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"#1b1f27\"/>\n\
         <text x=\"20\" y=\"34\" fill=\"#7fd18b\">$ <tspan fill=\"#ffffff\">{command}</tspan></text>\n\
         {lines}</svg>\n"
    )
}

/// The lines that a run prints at any speed: the plan, the steps, and the result.
fn fixed_lines(svg: &str) -> Vec<String> {
    let texts = svg.lines().filter(|line| line.starts_with("<text "));
    let texts = texts.map(|line| {
        let pieces = line.split('<').filter_map(|piece| piece.split_once('>'));
        pieces.map(|(_, text)| text).collect::<String>()
    });
    let is_transient = |line: &str| {
        let parts = ["; next poll in", ": done in ", " key "];
        parts.iter().any(|part| line.contains(part))
    };
    let fixed = texts.filter(|line| !is_transient(line));
    fixed.map(|line| shape(&line)).collect()
}

#[test]
fn the_picture_of_the_terminal_is_what_the_resize_example_prints() {
    let docs: PathBuf = [env!("CARGO_MANIFEST_DIR"), "docs"].iter().collect();
    let (svg, uri) = (docs.join("resize.svg"), docs.join("resize.svg.base64"));
    let bless = std::env::var_os("BLESS").is_some();
    let speed = if bless { "1" } else { "20" };
    let drawn = picture(
        "cargo run --example resize",
        &run("resize", &["--speed", speed]),
    );
    if bless {
        std::fs::write(&svg, &drawn).unwrap();
        std::fs::write(&uri, STANDARD.encode(&drawn)).unwrap();
    }
    let kept = std::fs::read_to_string(svg).unwrap();
    assert_eq!(
        fixed_lines(&drawn),
        fixed_lines(&kept),
        "update it with BLESS=1"
    );
    // docs.rs shows this copy, since it serves only the page itself.
    assert_eq!(
        std::fs::read_to_string(uri).unwrap(),
        STANDARD.encode(&kept)
    );
}
