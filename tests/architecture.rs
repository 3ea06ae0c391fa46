//! Checks the dependencies between the modules: `use crate::…` lines against the allowed dependencies. The table is the
//! complete version of the one in `CONTRIBUTING.md`. A module only uses modules that come before it in the table.
//! `simulator` uses `client` only to return a client that is configured for it. It has its own implementation of
//! signatures and orders, so that it can detect errors of the client.

#![allow(clippy::unwrap_used, clippy::panic, reason = "this is all test code")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// A module, and the modules that it may use.
const DEPENDENCIES: &[(&str, &[&str])] = &[
    ("types", &[]),
    ("clock", &[]),
    ("guide", &[]),
    ("error", &["types"]),
    ("protocol", &["error", "types"]),
    ("endpoint", &["error", "types"]),
    ("observe", &["error", "types"]),
    ("transport", &["clock", "error"]),
    (
        "credentials",
        &["protocol", "transport", "clock", "error", "types"],
    ),
    (
        "config",
        &[
            "credentials",
            "transport",
            "clock",
            "endpoint",
            "observe",
            "types",
        ],
    ),
    ("operation", &["protocol", "error", "types"]),
    (
        "runtime",
        &[
            "config",
            "observe",
            "endpoint",
            "operation",
            "protocol",
            "credentials",
            "transport",
            "clock",
            "error",
            "types",
        ],
    ),
    (
        "client",
        &[
            "config",
            "observe",
            "runtime",
            "operation",
            "credentials",
            "transport",
            "clock",
            "endpoint",
            "error",
            "types",
        ],
    ),
    (
        "resize",
        &["client", "operation", "error", "types", "clock"],
    ),
    (
        "simulator",
        &["client", "credentials", "clock", "error", "types"],
    ),
];

/// The re-exports at the crate root, and the modules that they come from.
const REEXPORTS: &[(&str, &str)] = &[
    ("Client", "client"),
    ("ClientBuilder", "client"),
    ("Credentials", "credentials"),
];

/// The first segment of every `crate::…` path of a file, with groups expanded, without comments and tests.
fn uses(source: &str) -> BTreeSet<String> {
    let code: String = program(source)
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(|line| format!("{line}\n"))
        .collect();
    let mut found = BTreeSet::new();
    for path in code.split("crate::").skip(1) {
        let group = path
            .strip_prefix('{')
            .and_then(|rest| rest.split('}').next());
        for item in
            group
                .unwrap_or(path)
                .split(',')
                .take(if group.is_some() { usize::MAX } else { 1 })
        {
            let name: String = item
                .trim()
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            let module = REEXPORTS
                .iter()
                .find(|(item, _)| *item == name)
                .map_or(&*name, |(_, module)| module);
            found.insert(module.to_owned());
        }
    }
    found
}

fn sources(path: &Path, found: &mut Vec<(String, String)>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            sources(&entry.unwrap().path(), found);
        }
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        found.push((
            path.display().to_string(),
            fs::read_to_string(path).unwrap(),
        ));
    }
}

#[test]
fn modules_only_use_allowed_modules() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for entry in fs::read_dir(&src).unwrap() {
        let path = entry.unwrap().path();
        let module = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if module == "lib" {
            continue;
        }
        let (_, allowed) = DEPENDENCIES
            .iter()
            .find(|(name, _)| *name == module)
            .unwrap_or_else(|| panic!("module {module} is not in the table"));
        let mut files = Vec::new();
        sources(&path, &mut files);
        for (file, source) in files {
            for used in uses(&source) {
                if used != module && used != "BoxFuture" && !allowed.contains(&&*used) {
                    wrong.push(format!("{file} uses {used}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Each module comes after those that it uses, so the dependencies have no cycle.
#[test]
fn the_dependencies_have_no_cycle() {
    for (index, (module, uses)) in DEPENDENCIES.iter().enumerate() {
        for used in *uses {
            let is_before = DEPENDENCIES[..index].iter().any(|(name, _)| name == used);
            assert!(
                is_before,
                "{module} uses {used}, which does not come before it"
            );
        }
    }
    let users = DEPENDENCIES
        .iter()
        .filter(|(_, uses)| uses.contains(&"simulator"));
    assert_eq!(users.count(), 0);
}

/// The part of a file that is not tests.
fn program(source: &str) -> &str {
    source.split("#[cfg(test)]").next().unwrap_or_default()
}

#[test]
fn no_path_leaves_its_module_through_super() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    for (file, source) in files {
        // In src/module/file.rs such a path would reach the crate root, which the check of `crate::` does not see.
        let depth = Path::new(&file).strip_prefix(&src).unwrap().components();
        let path_to_root = "super::".repeat(depth.count());
        let paths = program(&source)
            .lines()
            .filter(|line| line.contains(&path_to_root));
        assert_eq!(paths.collect::<Vec<_>>(), Vec::<&str>::new(), "{file}");
    }
}

/// What a pure module receives as an argument instead.
const IO: &[&str] = &[
    "tokio",
    "reqwest",
    "tracing",
    "uuid",
    "std::env",
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
    "std::time",
    "Utc::now",
];

#[test]
fn protocol_operation_and_error_do_no_io() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    for module in ["protocol", "operation", "error"] {
        sources(&src.join(module), &mut files);
    }
    assert!(files.len() > 20, "{}", files.len());
    for (file, source) in files {
        let code = program(&source).lines();
        let code = code.filter(|line| !line.trim_start().starts_with("//"));
        let code: String = code.collect();
        for name in IO {
            let is_duration = *name == "std::time" && code.contains("std::time::Duration");
            assert!(!code.contains(name) || is_duration, "{file} uses {name}");
        }
    }
}

#[test]
fn use_paths_and_groups_are_parsed() {
    let source = "use crate::{BoxFuture, Client};\nuse crate::error::{Error, Outcome};\n// crate::no\nfn f() { crate::clock::g() }";
    let expected = ["BoxFuture", "client", "clock", "error"].map(str::to_owned);
    assert_eq!(uses(source), BTreeSet::from(expected));
}
