//! Every public type that is built, called or implemented has an example in its documentation.
//!
//! The types that `operation!`, `response!`, `text_newtype!` and `wire_enum!` make are seen by the lines of their tables.

#![allow(clippy::unwrap_used, reason = "this is all test code")]

use std::fs;
use std::path::Path;

/// Types by the endings of their names that the example of their request shows.
const SHOWN_BY_REQUESTS: [&str; 2] = ["RequestBuilder", "Response"];

/// Types that are shown in the example of what returns or takes them.
#[rustfmt::skip]
const SHOWN_BY_OTHERS: &[&str] = &[
    // the parts of responses, plans, reports and orders
    "FleetCancelHandle", "FleetEvent", "FleetReport", "FleetRun", "MaxFailures", "ResizeEventKind",
    "AvailableZone", "CheckKind", "CheckResult", "Direction", "Completion", "Instance", "InstanceTypeInfo", "OrderKind",
    "OrderState", "Price", "PriceRule", "Progress", "Quote", "ReceivedSignature", "Recovery",
    "Region", "ResizeErrorKind", "SimulatedInstanceType", "Step", "SupportedResource",
    // enums that their setter or getter explains, and values without a constructor
    "CredentialsErrorKind", "InstanceStatus", "UnknownValue", "StopPolicy", "UnknownCode",
    // values that requests and responses are made of: `InstanceId` and `OperatorType` show how they are used
    "ChargeType", "DestinationResource", "Disk", "DiskCategory", "DiskId", "DiskKind", "LockReason", "ModificationType",
    "ModifyMode", "NvmeSupport", "PerformanceLevel", "ResourceStatus", "StockCategory", "StoppedMode",
    "SystemDiskCategory",
    // what `Paginator` is made of
    "Page", "Paginate",
];

/// Modules that are not public.
const PRIVATE: [&str; 2] = ["src/protocol", "src/error/call.rs"];

fn sources(path: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        let name = path.to_string_lossy().replace('\\', "/");
        if PRIVATE.iter().any(|private| name.ends_with(private)) {
            continue;
        }
        if path.is_dir() {
            sources(&path, found);
        } else if name.ends_with(".rs") {
            found.push(fs::read_to_string(&path).unwrap());
        }
    }
}

/// The name of the type that a line in a table of a macro makes.
fn made_by_macro<'a>(table: &str, line: &'a str) -> Option<&'a str> {
    let line = line
        .strip_prefix("    ")
        .filter(|line| !line.starts_with(' '))?;
    let name = match table {
        "operation!" => line.contains(" => ").then(|| line.split(',').next())??,
        "response!" => line.strip_prefix("pub ")?.strip_suffix(" {")?,
        "wire_enum!" => line.strip_suffix(" {")?,
        "text_newtype!" => line.split_once(',')?.0,
        _ => return None,
    };
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let begins = name.starts_with(|c: char| c.is_uppercase());
    (begins && name.chars().all(is_name)).then_some(name)
}

/// The names of public types, and of the client's methods, whose documentation has no example.
fn without_example(source: &str) -> Vec<String> {
    let (mut found, mut documented, mut shown, mut in_client) = (Vec::new(), false, false, false);
    let mut table = "";
    for line in source.lines() {
        let text = line.trim_start();
        if line.starts_with("impl ") {
            in_client = line == "impl Client {";
        }
        match line.split_once(' ') {
            Some((name, "{")) if name.ends_with('!') => table = name,
            _ if line == "}" => table = "",
            _ => {}
        }
        if let Some(name) = made_by_macro(table, line) {
            if documented && !shown {
                found.push(name.to_owned());
            }
            (documented, shown) = (false, false);
            continue;
        }
        if let Some(doc) = text.strip_prefix("///") {
            shown |= doc.trim().starts_with("```");
            documented = true;
            continue;
        }
        let item = match line.strip_prefix("    pub ") {
            Some(method) if in_client => method.strip_prefix("async ").unwrap_or(method),
            _ => line.strip_prefix("pub ").unwrap_or_default(),
        };
        let kinds = ["struct ", "enum ", "trait ", "fn "];
        let name = kinds.iter().find_map(|kind| item.strip_prefix(kind));
        if let Some(name) = name.filter(|_| documented && !shown) {
            let is_name = |c: &char| c.is_alphanumeric() || *c == '_';
            found.push(name.chars().take_while(is_name).collect());
        }
        // Attributes stand between documentation and item.
        let is_item = line.starts_with("pub ") || line.starts_with("    pub ") || text == "}";
        if is_item || text.is_empty() {
            (documented, shown) = (false, false);
        }
    }
    found
}

#[test]
fn what_is_built_called_or_implemented_has_an_example() {
    let mut found = Vec::new();
    sources(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut found,
    );
    let missing: Vec<String> = found
        .iter()
        .flat_map(|source| without_example(source))
        .filter(|name| !SHOWN_BY_OTHERS.contains(&&**name))
        .filter(|name| {
            !SHOWN_BY_REQUESTS
                .iter()
                .any(|completion| name.ends_with(completion))
        })
        .collect();
    assert!(missing.is_empty(), "no example: {missing:?}");
}

#[test]
fn the_reader_of_documentation_sees_what_is_missing() {
    let source = "/// A.\n#[derive(Debug)]\npub struct A;\n\n/// B.\n/// ```\n/// ```\npub enum B {\n    /// C.\n    C,\n}\n\n\
                  impl Client {\n    /// D.\n    pub async fn d(&self) {}\n}\n\nimpl E {\n    /// F.\n    pub fn f() {}\n}\n";
    assert_eq!(without_example(source), ["A", "d"]);
    let tables = "operation! {\n    /// G.\n    GRequest, GRequestBuilder => GResponse;\n    action = \"G\";\n    optional {\n        \
                  /// h.\n        Text h = \"H\";\n    }\n}\n\nresponse! {\n    /// I.\n    pub I {\n        /// j.\n        pub j: \
                  String = scalar \"J\";\n    }\n\n    /// K.\n    /// ```\n    /// ```\n    pub K {\n    }\n}\n\nwire_enum! {\n    \
                  /// L.\n    L {\n        /// M.\n        M = \"m\",\n    }\n}\n\ntext_newtype! {\n    /// N.\n    N, check\n}\n";
    assert_eq!(without_example(tables), ["GRequest", "I", "L", "N"]);
}
