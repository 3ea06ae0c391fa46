//! The rooms of the house and which way the arrows run: `use crate::…` lines against the plan.
//!
//! The plan of `CONTRIBUTING.md` in full. A room uses rooms that stand above it here, never one that
//! uses it. `simulator` uses `client` only to hand out a client that is set up for it: what it knows of
//! signatures and orders is its own, so that it can find the others wrong.

#![allow(clippy::unwrap_used, clippy::panic, reason = "this is all test code")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// A room, and the rooms that it may use.
const ARROWS: &[(&str, &[&str])] = &[
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

/// What is re-exported at the crate's root, and the room that it comes from.
const AT_THE_ROOT: &[(&str, &str)] = &[
    ("Client", "client"),
    ("ClientBuilder", "client"),
    ("Credentials", "credentials"),
];

/// Every `crate::…` path of a file: the first segment, groups taken apart; comments and tests left out.
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
            let room = AT_THE_ROOT
                .iter()
                .find(|(item, _)| *item == name)
                .map_or(&*name, |(_, room)| room);
            found.insert(room.to_owned());
        }
    }
    found
}

fn sources(path: &Path, found: &mut Vec<(String, String)>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            sources(&entry.unwrap().path(), found);
        }
    } else if path
        .extension()
        .is_some_and(|completion| completion == "rs")
    {
        found.push((
            path.display().to_string(),
            fs::read_to_string(path).unwrap(),
        ));
    }
}

#[test]
fn no_arrow_runs_against_the_plan() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for entry in fs::read_dir(&src).unwrap() {
        let path = entry.unwrap().path();
        let room = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if room == "lib" {
            continue;
        }
        let (_, allowed) = ARROWS
            .iter()
            .find(|(name, _)| *name == room)
            .unwrap_or_else(|| panic!("{room} is no room of the plan"));
        let mut files = Vec::new();
        sources(&path, &mut files);
        for (file, source) in files {
            for used in uses(&source) {
                if used != room && used != "BoxFuture" && !allowed.contains(&&*used) {
                    wrong.push(format!("{file} uses {used}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The plan itself: each room stands below those that it uses, so that no arrows make a circle.
#[test]
fn the_plan_has_no_circle() {
    for (index, (room, uses)) in ARROWS.iter().enumerate() {
        for used in *uses {
            let above = ARROWS[..index].iter().any(|(name, _)| name == used);
            assert!(above, "{room} uses {used}, which does not stand above it");
        }
    }
    let users = ARROWS
        .iter()
        .filter(|(_, uses)| uses.contains(&"simulator"));
    assert_eq!(users.count(), 0);
}

/// The part of a file that is not tests.
fn program(source: &str) -> &str {
    source.split("#[cfg(test)]").next().unwrap_or_default()
}

#[test]
fn no_path_climbs_out_of_its_room_by_super() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    for (file, source) in files {
        // In src/room/file.rs this would be the crate, unseen by the check of `crate::`.
        let depth = Path::new(&file).strip_prefix(&src).unwrap().components();
        let climb = "super::".repeat(depth.count());
        let climbs = program(&source)
            .lines()
            .filter(|line| line.contains(&climb));
        assert_eq!(climbs.collect::<Vec<_>>(), Vec::<&str>::new(), "{file}");
    }
}

/// Everything that a pure room takes as an argument instead.
const OUTSIDE: &[&str] = &[
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
fn protocol_operation_and_error_have_no_clock_no_socket_and_no_file() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    for room in ["protocol", "operation", "error"] {
        sources(&src.join(room), &mut files);
    }
    assert!(files.len() > 20, "{}", files.len());
    for (file, source) in files {
        let code = program(&source).lines();
        let code = code.filter(|line| !line.trim_start().starts_with("//"));
        let code: String = code.collect();
        for outside in OUTSIDE {
            let is_duration = *outside == "std::time" && code.contains("std::time::Duration");
            assert!(
                !code.contains(outside) || is_duration,
                "{file} uses {outside}"
            );
        }
    }
}

#[test]
fn the_reader_of_use_lines_sees_groups_and_paths() {
    let source = "use crate::{BoxFuture, Client};\nuse crate::error::{Error, Outcome};\n// crate::no\nfn f() { crate::clock::g() }";
    let expected = ["BoxFuture", "client", "clock", "error"].map(str::to_owned);
    assert_eq!(uses(source), BTreeSet::from(expected));
}
