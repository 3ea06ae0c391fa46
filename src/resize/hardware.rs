//! Checks of what the target type's hardware takes: the disks, and NVMe.

use super::checks::CheckResult::{Passed, Unknown, Warning};
use super::checks::Finding;
use super::error_kind::ResizeErrorKind;
use super::facts::{AttachedDisk, Fact, Facts};
use super::families::{self, EssdOnly};
use crate::operation::InstanceTypeInfo;
use crate::types::NvmeSupport;

pub(super) const CONVERT_FIRST: &str =
    "convert them first (ModifyDiskSpec, or the console), or pass the new category with the order";

pub(super) fn local_disks(facts: &Facts) -> Finding {
    match &facts.disks {
        Fact::NotNeeded => Ok(Passed),
        Fact::Unknown(why) => Ok(Unknown(format!("the disks could not be read: {why}"))),
        Fact::Known(disks) => match listed(disks, families::is_local_disk) {
            None => Ok(Passed),
            Some(local) => Err(ResizeErrorKind::Disks(format!(
                "the instance has local disks ({local}), which fix its type; move the data to a new instance"
            ))),
        },
    }
}

pub(super) fn disks(facts: &Facts) -> Finding {
    let disks = match &facts.disks {
        Fact::NotNeeded => return Ok(Passed),
        Fact::Unknown(why) => {
            return Ok(Unknown(format!(
                "the disks could not be read, so they were not compared with what the type takes: {why}"
            )));
        }
        Fact::Known(disks) => disks,
    };
    let to = &facts.to;
    let essd_only = families::essd_only(to);
    let older = listed(disks, families::is_older_cloud_disk);
    match (older, essd_only) {
        (None, _) | (_, EssdOnly::No) => Ok(Passed),
        (Some(older), EssdOnly::Yes) => Err(ResizeErrorKind::Disks(format!(
            "{to} takes ESSD disks only, and the instance has {older}; {CONVERT_FIRST}"
        ))),
        (Some(older), EssdOnly::Likely) => Ok(Warning(format!(
            "{to} may take ESSD disks only, and the instance has {older}; the order may be rejected"
        ))),
    }
}

pub(super) fn nvme(facts: &Facts) -> Finding {
    let [old, new] = match &facts.types {
        Fact::NotNeeded => return Ok(Passed),
        Fact::Unknown(why) => {
            return Ok(Unknown(format!(
                "the types could not be read, so it is not known whether the new one needs NVMe: {why}"
            )));
        }
        Fact::Known(types) => types,
    };
    let support = |info: &Option<InstanceTypeInfo>| info.as_ref()?.nvme_support.clone();
    let old = support(old);
    let windows = facts
        .instance
        .os_type
        .as_deref()
        .is_some_and(|os| os.eq_ignore_ascii_case("windows"));
    let Some(new) = support(new) else {
        return Ok(Unknown(
            "the service did not return whether the new type needs NVMe".into(),
        ));
    };
    const INSTALL: &str =
        "install the NVMe driver before the change, or the instance may not start";
    let to = &facts.to;
    let needed = new == NvmeSupport::Required && old != Some(NvmeSupport::Required);
    Ok(match facts.instance.os_supports_nvme {
        Some(false) if needed => Warning(format!(
            "{to} attaches disks by NVMe, which the image does not support; {INSTALL}"
        )),
        None if needed => Warning(format!(
            "{to} attaches disks by NVMe, and it is not known whether the operating system supports it; {INSTALL}"
        )),
        _ if windows && old.is_some_and(|old| old != new) => Warning(
            "this is Windows, and the types differ in NVMe support; prepare the drivers as the vendor describes"
                .into(),
        ),
        _ => Passed,
    })
}

/// The disks whose category `counts`: `d-1 (cloud_ssd), d-2 (cloud)`.
pub(super) fn listed(disks: &[AttachedDisk], counts: fn(&str) -> bool) -> Option<String> {
    let mut text = String::new();
    for disk in disks.iter().filter(|disk| counts(&disk.category)) {
        let comma = if text.is_empty() { "" } else { ", " };
        text.push_str(&format!("{comma}{} ({})", disk.disk_id, disk.category));
    }
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
#[path = "hardware_tests.rs"]
mod tests;
