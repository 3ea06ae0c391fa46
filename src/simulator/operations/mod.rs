//! The simulated operations, one file each.

mod describe_disks;
mod describe_images;
mod describe_instance_attribute;
mod describe_instance_modification_price;
mod describe_instance_status;
mod describe_instance_types;
mod describe_instances;
mod describe_regions;
mod describe_resources_modification;
mod instance_view;
mod modify_instance_spec;
mod modify_prepay_instance_spec;
mod page;
mod power;
mod power_batch;

pub(super) use describe_disks::describe_disks;
pub(super) use describe_images::describe_images;
pub(super) use describe_instance_attribute::describe_instance_attribute;
pub(super) use describe_instance_modification_price::describe_instance_modification_price;
pub(super) use describe_instance_status::describe_instance_status;
pub(super) use describe_instance_types::describe_instance_types;
pub(super) use describe_instances::describe_instances;
pub(super) use describe_regions::describe_regions;
pub(super) use describe_resources_modification::describe_resources_modification;
pub(super) use modify_instance_spec::modify_instance_spec;
pub(super) use modify_prepay_instance_spec::modify_prepay_instance_spec;
pub(super) use power::{reboot_instance, start_instance, stop_instance};
pub(super) use power_batch::{reboot_instances, start_instances, stop_instances};
