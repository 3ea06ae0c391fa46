//! Prints the public API from rustdoc's JSON, one item per line.

use std::collections::HashSet;

/// Methods that are implied by the `impl` line of their trait.
const IMPLIED: &[&str] = &[
    "::clone(",
    "::default(",
    "::eq(",
    "::fmt(",
    "::hash<",
    "::from(",
    "::from_str(",
    "::source(",
    "StructuralPartialEq",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let json = std::env::args()
        .nth(1)
        .ok_or("the path of rustdoc's JSON is missing")?;
    let api = public_api::Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .build()?;
    // An implementation is listed under its trait and under its type.
    let mut seen = HashSet::new();
    for item in api.items().map(ToString::to_string) {
        if !IMPLIED.iter().any(|text| item.contains(text)) && seen.insert(item.clone()) {
            println!("{item}");
        }
    }
    Ok(())
}
