//! Which disk categories the families of instance types take.
//!
//! No operation of the API says which disks a type takes, so this is the vendor's documentation as data:
//!
//! * `ESSD_ONLY` and `ALL_CLOUD_DISKS`: "Instance families" of the ECS documentation, state of 2021-07-17
//!   (`intl.en-US/Instance/Instance families.md` in `AlibabaCloudDocs/ecs`). It lists 24 families that support only
//!   ESSDs, among them eleven before the seventh generation, and six families of the seventh generation that take
//!   every cloud disk.
//! * `essd_only` for later families: the console's guide to changing instance types (2025 and 2026) says that the
//!   seventh generation and later accept ESSD disks only. "Instance families that support instance type changes"
//!   (2021) says the same of each of these families.

use crate::types::{DiskCategory, InstanceType};

/// Families that support only ESSDs, by the documentation.
const ESSD_ONLY: [&str; 24] = [
    "c6e", "c6t", "c7", "c7t", "ebmc6e", "ebmg6e", "ebmhfc7", "ebmhfg7", "ebmhfr7", "ebmr6e",
    "g6e", "g6se", "g6t", "g7", "g7ne", "g7t", "hfc7", "hfg7", "hfr7", "i3", "i3g", "r6e", "r7",
    "r7t",
];

/// Families of the seventh generation that support ESSDs, standard SSDs and ultra disks, by the documentation.
const ALL_CLOUD_DISKS: [&str; 6] = ["c7a", "ebmgn7", "ebmgn7i", "g7a", "gn7", "r7a"];

/// Families named by purpose whose later generations follow the general rule: `g8i`, `ebmc8y`, `hfr9i` and so on.
const GENERAL: [&str; 7] = ["c", "g", "hfc", "hfg", "hfr", "r", "re"];

/// Whether a family accepts ESSD disks only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EssdOnly {
    /// Yes: the documentation says so for this family, or for its generation.
    Yes,
    /// It is not documented for this family, but likely by its generation.
    Likely,
    /// No.
    No,
}

/// The family of a type: `g5` of `ecs.g5.xlarge`, `t6` of `ecs.t6-c1m1.large`.
pub(super) fn family(instance_type: &str) -> &str {
    let name = instance_type.strip_prefix("ecs.").unwrap_or(instance_type);
    let family = name.split_once('.').map_or(name, |(family, _)| family);
    family.split_once("-c").map_or(family, |(family, _)| family)
}

/// The number after the first letters of a family: 8 of `g8i`.
fn generation(family: &str) -> Option<(&str, u32)> {
    let digit = family.find(|c: char| c.is_ascii_digit())?;
    let (name, rest) = family.split_at(digit);
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    Some((name, rest.get(..end)?.parse().ok()?))
}

/// Whether the family of a type accepts ESSD disks only.
pub(super) fn essd_only(instance_type: &InstanceType) -> EssdOnly {
    let family = family(instance_type.as_str());
    if ESSD_ONLY.contains(&family) {
        return EssdOnly::Yes;
    }
    if ALL_CLOUD_DISKS.contains(&family) {
        return EssdOnly::No;
    }
    match generation(family) {
        Some((name, 7..)) if GENERAL.contains(&name.trim_start_matches("ebm")) => EssdOnly::Yes,
        Some((_, 7..)) => EssdOnly::Likely,
        _ => EssdOnly::No,
    }
}

/// Whether a category is a cloud disk that is not an ESSD. Categories that are not known here are not.
pub(super) fn is_older_cloud_disk(category: &str) -> bool {
    let older = [
        DiskCategory::Cloud,
        DiskCategory::CloudEfficiency,
        DiskCategory::CloudSsd,
    ];
    older
        .iter()
        .any(|older| older.as_str().eq_ignore_ascii_case(category))
}

/// Whether a category is a disk of the host itself: `ephemeral`, `ephemeral_ssd`, `local_ssd_pro`, `local_hdd_pro`.
pub(super) fn is_local_disk(category: &str) -> bool {
    let category = category.to_ascii_lowercase();
    category.starts_with("local_") || category.starts_with("ephemeral")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(family: &str) -> InstanceType {
        InstanceType::new(format!("ecs.{family}.large")).unwrap()
    }

    #[test]
    fn families_that_take_essd_disks_only_are_those_of_the_documentation() {
        let mut sorted = ESSD_ONLY;
        sorted.sort_unstable();
        assert_eq!(sorted, ESSD_ONLY);
        for family in ESSD_ONLY {
            assert_eq!(essd_only(&of(family)), EssdOnly::Yes, "{family}");
        }
        for family in ["g8i", "c9i", "r8y", "ebmc8i", "hfg8i", "g8a", "g10i"] {
            assert_eq!(essd_only(&of(family)), EssdOnly::Yes, "{family}");
        }
        for family in ["gn7i", "gn8is", "ebmgn8v", "vgn7i"] {
            assert_eq!(essd_only(&of(family)), EssdOnly::Likely, "{family}");
        }
        let every = [
            "g5", "g6", "c6a", "r6", "hfg6", "t6", "u1", "e", "n4", "sn2ne", "i2",
        ];
        for family in every.into_iter().chain(ALL_CLOUD_DISKS) {
            assert_eq!(essd_only(&of(family)), EssdOnly::No, "{family}");
        }
    }

    #[test]
    fn the_family_of_a_burstable_type_ends_before_its_ratio() {
        assert_eq!(family("ecs.t6-c1m1.large"), "t6");
        assert_eq!(family("ecs.g5.xlarge"), "g5");
        assert_eq!(family("ecs.ebmre6-6t.52xlarge"), "ebmre6-6t");
        assert_eq!(family("odd"), "odd");
    }

    #[test]
    fn local_disks_and_cloud_disks_are_distinguished() {
        for local in [
            "ephemeral",
            "ephemeral_ssd",
            "local_ssd_pro",
            "local_hdd_pro",
            "Local_SSD_Pro",
        ] {
            assert!(
                is_local_disk(local) && !is_older_cloud_disk(local),
                "{local}"
            );
        }
        for older in ["cloud", "cloud_efficiency", "cloud_ssd", "Cloud_SSD"] {
            assert!(
                is_older_cloud_disk(older) && !is_local_disk(older),
                "{older}"
            );
        }
        for newer in [
            "cloud_essd",
            "cloud_auto",
            "cloud_essd_entry",
            "cloud_regional_disk_auto",
        ] {
            assert!(
                !is_older_cloud_disk(newer) && !is_local_disk(newer),
                "{newer}"
            );
        }
    }
}
