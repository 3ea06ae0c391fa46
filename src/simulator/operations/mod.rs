//! The simulated operations, one file each.

mod describe_instance_modification_price;
mod describe_instance_types;
mod describe_instances;
mod describe_regions;
mod describe_resources_modification;
mod instance_view;
mod modify_prepay_instance_spec;
mod page;
mod power;

pub(super) use describe_instance_modification_price::describe_instance_modification_price;
pub(super) use describe_instance_types::describe_instance_types;
pub(super) use describe_instances::describe_instances;
pub(super) use describe_regions::describe_regions;
pub(super) use describe_resources_modification::describe_resources_modification;
pub(super) use modify_prepay_instance_spec::modify_prepay_instance_spec;
pub(super) use power::{reboot_instance, start_instance, stop_instance};
