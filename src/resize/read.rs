//! What a plan and a run read before the first step.
//!
//! The instance and what it can become are required. All else is optional: the plan shows what cannot be read as unknown,
//! for instance because the caller has no permission.

use std::time::Duration;

use super::facts::AttachedDisk;
use super::quote::Quote;
use super::settings::Resize;
use super::target::{Offers, Target, did_you_mean};
use crate::client::Client;
use crate::error::Error;
use crate::operation::{
    DescribeDisksRequest, DescribeInstanceModificationPriceRequest, DescribeInstanceTypesRequest,
    DescribeInstancesRequest, DescribeResourcesModificationRequest,
    DescribeResourcesModificationResponse, Disk, Instance, InstanceTypeInfo,
};
use crate::types::{DiskKind, InstanceType, ModificationType, RegionId};

/// Reads within a deadline.
pub(super) struct Reader<'a> {
    client: &'a Client,
    resize: &'a Resize,
    /// On the client's steady clock.
    deadline: Duration,
}

impl<'a> Reader<'a> {
    pub(super) fn new(client: &'a Client, resize: &'a Resize, timeout: Duration) -> Self {
        Self {
            client,
            resize,
            deadline: client.clock().elapsed().saturating_add(timeout),
        }
    }

    pub(super) fn left(&self) -> Duration {
        let left = self.deadline.saturating_sub(self.client.clock().elapsed());
        // A call that begins after the deadline times out; with no time at all, it would be an invalid request.
        left.max(Duration::from_millis(1))
    }

    pub(super) fn region(&self) -> &'a RegionId {
        let region = self.resize.region_id.as_ref();
        region.unwrap_or(self.client.region())
    }

    /// The instance, with whether its operating system supports NVMe.
    pub(super) async fn instance(&self) -> Result<Option<Instance>, Error> {
        let id = self.resize.instance_id.as_str();
        let request = DescribeInstancesRequest::builder()
            .region_id(self.region().as_str())
            .instance_ids([id])
            .additional_attributes(["CURRENT_OS_NVME_SUPPORTED"])
            .build()?;
        let response = self.client.call_within(&request, self.left()).await?;
        let mut instances = response.instances.into_iter();
        Ok(instances.find(|it| it.instance_id == id))
    }

    /// The first candidate that the instance has or can become, or why it cannot become the first one.
    pub(super) async fn target(&self, current: &str) -> Result<(InstanceType, Target), Error> {
        let wanted = &self.resize.instance_type;
        if wanted.as_str().eq_ignore_ascii_case(current) {
            return Ok((wanted.clone(), Target::Current));
        }
        let mut offers = Offers {
            upgrades: self.offers(ModificationType::Upgrade).await?,
            with_disk_change: !self.resize.disks.is_empty()
                || self.resize.system_disk_category.is_some(),
            ..Default::default()
        };
        if offers.choose(current, wanted).is_none() {
            offers.downgrades = self.offers(ModificationType::Downgrade).await?;
        }
        for candidate in self.resize.candidates() {
            if let Some(target) = offers.choose(current, candidate) {
                return Ok((candidate.clone(), target));
            }
        }
        let target = match offers.explain(wanted) {
            Some(target) => target,
            None => self.unsupported(wanted, &offers).await,
        };
        Ok((wanted.clone(), target))
    }

    async fn offers(
        &self,
        kind: ModificationType,
    ) -> Result<DescribeResourcesModificationResponse, Error> {
        let id = self.resize.instance_id.as_str();
        let request = DescribeResourcesModificationRequest::builder(id)
            .region_id(self.region().as_str())
            .operation_type(kind)
            .set_migrate_across_zone(self.resize.migrate_across_zone)
            .conditions(["DiskCategory"])
            .build()?;
        self.client.call_within(&request, self.left()).await
    }

    /// Whether a type that is not offered exists, and which one was probably meant if it does not.
    async fn unsupported(&self, wanted: &InstanceType, offers: &Offers) -> Target {
        let exists = match self.types(&[wanted.as_str()]).await {
            Ok(types) => !types.is_empty(),
            // Not known: claim only what is certain.
            Err(_) => true,
        };
        if exists {
            let alternatives = offers.alternatives(wanted);
            return Target::Unsupported { alternatives };
        }
        let all = self.all_types().await.unwrap_or_default();
        let mut known = offers.names();
        known.extend(all.iter().map(String::as_str));
        Target::NoSuchType {
            did_you_mean: did_you_mean(wanted, &known),
        }
    }

    /// What the service reports on these types.
    pub(super) async fn types(&self, names: &[&str]) -> Result<Vec<InstanceTypeInfo>, Error> {
        let request = DescribeInstanceTypesRequest::builder()
            .region_id(self.region().as_str())
            .instance_types(names.iter().copied())
            .build()?;
        let response = self.client.call_within(&request, self.left()).await?;
        Ok(response.instance_types)
    }

    /// The names of all types.
    async fn all_types(&self) -> Result<Vec<String>, Error> {
        let request = DescribeInstanceTypesRequest::builder()
            .region_id(self.region().as_str())
            .build()?;
        let types = self
            .client
            .list_instance_types(request)
            .try_collect()
            .await?;
        Ok(types.into_iter().map(|info| info.instance_type).collect())
    }

    /// The attached disks, with the categories that they have after the change.
    pub(super) async fn disks(&self) -> Result<Vec<AttachedDisk>, Error> {
        let request = DescribeDisksRequest::builder()
            .region_id(self.region().as_str())
            .instance_id(self.resize.instance_id.as_str())
            .max_results(100)
            .build()?;
        let response = self.client.call_within(&request, self.left()).await?;
        let mut disks = Vec::new();
        for disk in response.disks {
            disks.push(self.after_the_change(disk));
        }
        Ok(disks)
    }

    fn after_the_change(&self, disk: Disk) -> AttachedDisk {
        let mut changes = self.resize.disks.iter();
        let changed = changes
            .find(|change| change.disk_id() == Some(&disk.disk_id))
            .and_then(|change| change.category());
        let system = self.resize.system_disk_category.as_ref();
        let system = system.filter(|_| disk.kind == Some(DiskKind::System));
        let category = match (changed, system, &disk.category) {
            (Some(category), ..) => category.as_str(),
            (None, Some(category), _) => category.as_str(),
            (None, None, Some(category)) => category.as_str(),
            (None, None, None) => "category unknown",
        };
        AttachedDisk {
            category: category.to_owned(),
            disk_id: disk.disk_id,
        }
    }

    /// What the order costs, or why that is not known.
    pub(super) async fn quote(&self, to: &InstanceType) -> Result<Result<Quote, String>, Error> {
        if let Some(disks) = self.resize.changed_disks() {
            let why = format!(
                "the order also changes disks ({disks}), which the quote of the type does not cover"
            );
            return Ok(Err(why));
        }
        let id = self.resize.instance_id.as_str();
        let request = DescribeInstanceModificationPriceRequest::builder(id)
            .region_id(self.region().as_str())
            .instance_type(to.as_str())
            .set_system_disk_category(self.resize.system_disk_category.clone())
            .build()?;
        let response = self.client.call_within(&request, self.left()).await?;
        let quote = Quote::read(&response.price, response.marketplace_image_price.as_ref());
        Ok(quote.and_then(|quote| self.resize.in_accepted_currency(quote)))
    }
}
