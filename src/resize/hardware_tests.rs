//! Tests of the checks of disks and NVMe.

use super::*;
use crate::operation::InstanceTypeInfo;
use crate::resize::checks::tests::{assert_found, disk, found, found_for};

fn nvme(support: &Option<NvmeSupport>) -> Option<InstanceTypeInfo> {
    Some(InstanceTypeInfo {
        nvme_support: support.clone(),
        ..Default::default()
    })
}

#[test]
fn disks_are_compared_with_what_the_target_takes() {
    // target, category, the result of the check of disks
    let table = [
        ("ecs.g5.xlarge", "cloud_efficiency", "passed"),
        ("ecs.g6e.xlarge", "cloud_efficiency", "blocked"),
        ("ecs.c6t.xlarge", "cloud_ssd", "blocked"),
        ("ecs.g7.xlarge", "cloud", "blocked"),
        ("ecs.g7.xlarge", "cloud_essd", "passed"),
        ("ecs.g8i.xlarge", "cloud_ssd", "blocked"),
        ("ecs.g8i.xlarge", "cloud_auto", "passed"),
        ("ecs.g8i.xlarge", "cloud_essd_entry", "passed"),
        ("ecs.g8i.xlarge", "cloud_of_the_future", "passed"),
        ("ecs.g7a.xlarge", "cloud_efficiency", "passed"),
        ("ecs.gn8is.xlarge", "cloud_efficiency", "warning"),
    ];
    for (to, category, expected) in table {
        let found = found_for(to, |facts| facts.disks = Fact::Known(vec![disk(category)]));
        match expected {
            "passed" => assert_eq!(found, [], "{to} {category}"),
            _ => assert_found(&found, &format!("{expected} disks"), category),
        }
    }
}

#[test]
fn local_disks_fix_the_type() {
    for category in ["ephemeral_ssd", "local_ssd_pro", "local_hdd_pro"] {
        let found =
            found(|facts| facts.disks = Fact::Known(vec![disk("cloud_essd"), disk(category)]));
        assert_found(&found, "blocked local_disks", category);
    }
}

#[test]
fn disks_that_could_not_be_read_block_nothing() {
    let found = found_for("ecs.g7.xlarge", |facts| {
        facts.disks = Fact::Unknown("Forbidden.RAM".into())
    });
    let results: Vec<&str> = found.iter().map(|(result, _)| &**result).collect();
    assert_eq!(results, ["unknown local_disks", "unknown disks"]);
    assert!(found.iter().all(|(_, text)| text.contains("Forbidden.RAM")));
}

#[test]
fn nvme_support_that_is_not_certain_is_a_warning() {
    let [no, yes, required] = [
        NvmeSupport::Unsupported,
        NvmeSupport::Supported,
        NvmeSupport::Required,
    ]
    .map(Some);
    // old type, new type, operating system, its support, the result
    let table = [
        (&no, &required, "linux", Some(true), "passed"),
        (&no, &required, "linux", None, "warning"),
        (&no, &required, "linux", Some(false), "warning"),
        (&yes, &required, "linux", None, "warning"),
        (&None, &required, "linux", None, "warning"),
        (&required, &required, "linux", None, "passed"),
        (&required, &required, "windows", Some(false), "passed"),
        (&no, &required, "windows", Some(true), "warning"),
        (&required, &no, "Windows", Some(true), "warning"),
        (&required, &no, "linux", Some(true), "passed"),
        (&no, &yes, "linux", None, "passed"),
        (&no, &no, "windows", Some(false), "passed"),
        (&no, &None, "linux", None, "unknown"),
    ];
    for (old, new, os, supported, expected) in table {
        let row = format!("{old:?} {new:?} {os} {supported:?}");
        let found = found(|facts| {
            facts.types = Fact::Known([nvme(old), nvme(new)]);
            facts.instance.os_type = Some(os.into());
            facts.instance.os_supports_nvme = supported;
        });
        match expected {
            "passed" => assert_eq!(found, [], "{row}"),
            _ => assert_found(&found, &format!("{expected} nvme"), "NVMe"),
        }
    }
    let found = found(|facts| facts.types = Fact::Unknown("Forbidden.RAM".into()));
    assert_found(&found, "unknown nvme", "Forbidden.RAM");
}
