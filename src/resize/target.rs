//! What the instance can become: the candidate that is available, or why none is. Pure.

use std::cmp::Reverse;

use super::step::Direction;
use crate::operation::{DescribeResourcesModificationResponse, SupportedResource};
use crate::types::InstanceType;

/// Whether the instance can become the target.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub(super) enum Target {
    /// It has the type already.
    Current,
    /// It can, in this direction.
    Available(Direction),
    /// It can, once it has disks of another category (`ConditionSupportedResources`).
    AfterDiskChange,
    /// It can, when the type is in stock again.
    SoldOut { alternatives: Vec<String> },
    /// It cannot.
    Unsupported { alternatives: Vec<String> },
    /// The service has no such type.
    NoSuchType { did_you_mean: Option<String> },
}

/// The types that the service offers for the instance, by direction.
#[derive(Debug, Default)]
pub(super) struct Offers {
    pub(super) upgrades: DescribeResourcesModificationResponse,
    /// Read only if the preferred type is not an upgrade.
    pub(super) downgrades: DescribeResourcesModificationResponse,
    /// The order also changes disks, so that types that need other disks are available.
    pub(super) with_disk_change: bool,
}

impl Offers {
    /// What the service lists, upgrades first.
    fn listed(&self) -> Vec<(Direction, &SupportedResource)> {
        let mut listed = Vec::new();
        for (direction, offers) in [
            (Direction::Upgrade, &self.upgrades),
            (Direction::Downgrade, &self.downgrades),
        ] {
            for offer in offers.resources() {
                listed.push((direction, offer));
            }
        }
        listed
    }

    /// What the service lists under this name.
    fn find(&self, name: &str) -> Vec<(Direction, &SupportedResource)> {
        let mut found = self.listed();
        found.retain(|(_, offer)| offer.value.eq_ignore_ascii_case(name));
        found
    }

    /// Whether the instance can become this type with this order.
    fn is_available(&self, offer: &SupportedResource) -> bool {
        offer.is_available() || (self.with_disk_change && offer.is_in_stock())
    }

    /// The names of all types.
    pub(super) fn names(&self) -> Vec<&str> {
        let listed = self.listed();
        listed.iter().map(|(_, it)| it.value.as_str()).collect()
    }

    /// A candidate that the instance has already or can become now.
    pub(super) fn choose(&self, current: &str, candidate: &InstanceType) -> Option<Target> {
        let name = candidate.as_str();
        if name.eq_ignore_ascii_case(current) {
            return Some(Target::Current);
        }
        let found = self.find(name);
        let available = found.iter().find(|(_, it)| self.is_available(it));
        available.map(|(direction, _)| Target::Available(*direction))
    }

    /// Why the instance cannot become a type now, if the lists say so.
    pub(super) fn explain(&self, wanted: &InstanceType) -> Option<Target> {
        let found = self.find(wanted.as_str());
        if found.is_empty() {
            return None;
        }
        let needs_disk_change = |it: &SupportedResource| it.after_disk_change && it.is_in_stock();
        if found.iter().all(|(_, it)| needs_disk_change(it)) {
            return Some(Target::AfterDiskChange);
        }
        let alternatives = self.alternatives(wanted);
        Some(Target::SoldOut { alternatives })
    }

    pub(super) fn alternatives(&self, wanted: &InstanceType) -> Vec<String> {
        let mut available = self.listed();
        available.retain(|(_, it)| self.is_available(it));
        let names: Vec<_> = available.iter().map(|(_, it)| it.value.as_str()).collect();
        alternatives(wanted, &names)
    }
}

/// The types with the size of `wanted`, the most similar names first; at most five.
fn alternatives(wanted: &InstanceType, available: &[&str]) -> Vec<String> {
    let wanted = wanted.as_str();
    let common = |name: &str| {
        let pairs = name.bytes().zip(wanted.bytes());
        pairs.take_while(|(a, b)| a == b).count()
    };
    let mut found: Vec<&str> = Vec::new();
    for &name in available {
        let is_same_size = name.rsplit('.').next() == wanted.rsplit('.').next();
        let rank = (Reverse(common(name)), name);
        let at = found.partition_point(|it| (Reverse(common(it)), *it) < rank);
        if is_same_size && name != wanted && found.get(at) != Some(&name) {
            found.insert(at, name);
        }
    }
    found.truncate(5);
    found.iter().map(|name| str::to_owned(name)).collect()
}

/// The known type that a misspelled name most likely means: at most two typing errors away.
pub(super) fn did_you_mean(misspelled: &InstanceType, known: &[&str]) -> Option<String> {
    let distances = known.iter().filter_map(|name| {
        let distance = edit_distance(misspelled.as_str().as_bytes(), name.as_bytes());
        let is_close = (1..=MAX_TYPING_ERRORS).contains(&distance);
        let mut ends = name.bytes().rev().zip(misspelled.as_str().bytes().rev());
        let common_end = ends.position(|(a, b)| a != b).unwrap_or(usize::MAX);
        is_close.then_some((distance, Reverse(common_end), name))
    });
    distances.min().map(|(.., name)| str::to_owned(name))
}

const MAX_TYPING_ERRORS: usize = 2;

/// How many letters must be added, dropped, replaced or swapped with their neighbor to get from one name to the
/// other (optimal string alignment).
fn edit_distance(from: &[u8], to: &[u8]) -> usize {
    let width = to.len() + 1;
    let mut before_previous = vec![0; width];
    let mut previous: Vec<usize> = (0..width).collect();
    for (row, &a) in from.iter().enumerate() {
        let mut current = vec![row + 1; width];
        for (column, &b) in to.iter().enumerate() {
            let replaced = previous[column] + usize::from(a != b);
            let dropped = previous[column + 1] + 1;
            let added = current[column] + 1;
            let mut best = replaced.min(dropped).min(added);
            let swapped = row > 0 && column > 0 && a == to[column - 1] && b == from[row - 1];
            if swapped {
                best = best.min(before_previous[column - 1] + 1);
            }
            current[column + 1] = best;
        }
        before_previous = std::mem::replace(&mut previous, current);
    }
    previous[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::AvailableZone;
    use crate::types::ResourceStatus;

    fn name(name: &str) -> InstanceType {
        InstanceType::new(format!("ecs.{name}")).unwrap()
    }

    fn list(offers: &[(&str, ResourceStatus)]) -> DescribeResourcesModificationResponse {
        let resource = |(value, status): &(&str, ResourceStatus)| SupportedResource {
            value: format!("ecs.{value}"),
            status: Some(status.clone()),
            ..Default::default()
        };
        let zone = AvailableZone {
            resources: offers.iter().map(resource).collect(),
            ..Default::default()
        };
        DescribeResourcesModificationResponse {
            zones: vec![zone],
            ..Default::default()
        }
    }

    fn offers() -> Offers {
        use ResourceStatus::{Available, SoldOut};
        Offers {
            upgrades: list(&[
                ("g5.xlarge", SoldOut),
                ("g6.xlarge", Available),
                ("c6.xlarge", Available),
            ]),
            downgrades: list(&[("g5.small", Available)]),
            with_disk_change: false,
        }
    }

    #[test]
    #[allow(clippy::type_complexity, reason = "a table of cases")]
    fn the_first_candidate_that_is_available_is_chosen() {
        use Direction::{Downgrade, Upgrade};
        let cases: [(&[&str], Option<(&str, Target)>); 6] = [
            (&["g5.xlarge"], None),
            (
                &["g5.xlarge", "g6.xlarge", "c6.xlarge"],
                Some(("g6.xlarge", Target::Available(Upgrade))),
            ),
            (
                &["g5.small", "g6.xlarge"],
                Some(("g5.small", Target::Available(Downgrade))),
            ),
            (&["g5.large"], Some(("g5.large", Target::Current))),
            (
                &["g5.xlarge", "g5.large", "g6.xlarge"],
                Some(("g5.large", Target::Current)),
            ),
            (
                &["g7.xlarge", "c6.xlarge"],
                Some(("c6.xlarge", Target::Available(Upgrade))),
            ),
        ];
        for (candidates, expected) in cases {
            let mut candidates = candidates.iter();
            let chosen =
                candidates.find_map(|it| Some((*it, offers().choose("ECS.g5.large", &name(it))?)));
            assert_eq!(chosen, expected, "{candidates:?}");
        }
    }

    #[test]
    fn a_type_that_is_listed_and_not_available_is_sold_out() {
        let alternatives = vec!["ecs.g6.xlarge".to_owned(), "ecs.c6.xlarge".to_owned()];
        assert_eq!(
            offers().explain(&name("g5.xlarge")),
            Some(Target::SoldOut { alternatives })
        );
        assert_eq!(offers().explain(&name("g7.xlarge")), None);
    }

    #[test]
    fn a_type_that_needs_other_disks_is_not_available() {
        let mut offers = offers();
        for resource in &mut offers.upgrades.zones[0].resources {
            resource.after_disk_change = resource.value == "ecs.g6.xlarge";
        }
        assert_eq!(offers.choose("ecs.g5.large", &name("g6.xlarge")), None);
        assert_eq!(
            offers.explain(&name("g6.xlarge")),
            Some(Target::AfterDiskChange)
        );
        offers.with_disk_change = true;
        assert!(offers.choose("ecs.g5.large", &name("g6.xlarge")).is_some());
    }

    #[test]
    fn a_misspelled_type_is_recognized() {
        let known = [
            "ecs.g5.large",
            "ecs.g5.xlarge",
            "ecs.g5.2xlarge",
            "ecs.c5.xlarge",
        ];
        for (misspelled, meant) in [
            ("ecs.g5.xlrge", Some("ecs.g5.xlarge")),
            ("ecs.g5.xlareg", Some("ecs.g5.xlarge")),
            ("ecs.g5.xxlarge", Some("ecs.g5.2xlarge")),
            ("ecs.5g.xlarge", Some("ecs.g5.xlarge")),
            ("ecs.g5xlarge", Some("ecs.g5.xlarge")),
            ("ecs.g5.lrge", Some("ecs.g5.large")),
            ("ecs.hfr7.16xlarge", None),
        ] {
            let misspelled = InstanceType::new(misspelled).unwrap();
            assert_eq!(
                did_you_mean(&misspelled, &known).as_deref(),
                meant,
                "{misspelled}"
            );
        }
    }

    #[test]
    fn alternatives_have_the_size_and_similar_names_come_first() {
        let available = [
            "ecs.c6.xlarge",
            "ecs.g6.xlarge",
            "ecs.g5.xlarge",
            "ecs.g6.large",
            "ecs.g5ne.xlarge",
            "ecs.g5ne.xlarge",
        ];
        assert_eq!(
            alternatives(&name("g5.xlarge"), &available),
            ["ecs.g5ne.xlarge", "ecs.g6.xlarge", "ecs.c6.xlarge"]
        );
    }
}
