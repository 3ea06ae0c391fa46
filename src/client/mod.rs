//! The client: one method for each operation, and the resize workflow.

mod builder;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

pub use self::builder::ClientBuilder;
use crate::clock::Clock;
use crate::config::CallOptions;
use crate::error::{ConfigError, Error};
use crate::operation::{
    DescribeDisksRequest, DescribeDisksResponse, DescribeInstanceModificationPriceRequest,
    DescribeInstanceModificationPriceResponse, DescribeInstanceTypesRequest,
    DescribeInstanceTypesResponse, DescribeInstancesRequest, DescribeInstancesResponse,
    DescribeRegionsRequest, DescribeRegionsResponse, DescribeResourcesModificationRequest,
    DescribeResourcesModificationResponse, ModifyPrepayInstanceSpecRequest,
    ModifyPrepayInstanceSpecResponse, Operation, RebootInstanceRequest, RebootInstanceResponse,
    StartInstanceRequest, StartInstanceResponse, StopInstanceRequest, StopInstanceResponse,
};
use crate::runtime::{Paginator, Runtime};
use crate::types::RegionId;

/// A client of the service. Clones are cheap and share connections, credentials, retry budget and learned clock skew.
///
/// ```no_run
/// use aliyun_ecs::{Client, ModifyPrepayInstanceSpecRequest};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::from_env()?;
/// let request =
///     ModifyPrepayInstanceSpecRequest::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g5.xlarge")
///         .build()?;
/// let response = client.modify_prepay_instance_spec(request).await?;
/// println!("order {:?}", response.order_id.as_deref());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    runtime: Arc<Runtime>,
}

impl Client {
    /// Returns a builder with the default settings.
    ///
    /// ```
    /// use aliyun_ecs::{Client, Credentials};
    ///
    /// let client = Client::builder()
    ///     .region("cn-hangzhou")
    ///     .credentials(Credentials::new("LTAI-example", "the-secret"))
    ///     .build()?;
    /// # Ok::<(), aliyun_ecs::ConfigError>(())
    /// ```
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// Creates a client with the region and the credentials that are configured on this machine.
    ///
    /// The region is read now: from `ALIBABA_CLOUD_REGION_ID` (or `ALIBABACLOUD_REGION_ID`, `ALICLOUD_REGION_ID`,
    /// `REGION_ID`, `REGION`), otherwise from `region_id` in the CLI profile. Each call loads credentials through a
    /// cache from [`DefaultChain`](crate::credentials::DefaultChain).
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if no region is set or TLS cannot be set up.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # // Reads the environment and files of this machine.
    /// use aliyun_ecs::Client;
    ///
    /// let client = Client::from_env()?;
    /// # Ok::<(), aliyun_ecs::ConfigError>(())
    /// ```
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::builder().build()
    }

    /// Changes the type of a subscription instance by placing a paid order (`ModifyPrepayInstanceSpec`).
    ///
    /// Retries carry the same client token, so the call places at most one order. If the response to the order is lost,
    /// the retry returns the id of that order.
    ///
    /// # Errors
    ///
    /// [`Error::outcome`] says whether the order may exist. If it may, send the same request again: a clone, or one
    /// built with the same [`client_token`](ModifyPrepayInstanceSpecRequest::client_token).
    ///
    /// # Example
    ///
    /// ```
    /// # use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let simulator = Simulator::start().await;
    /// # simulator.add_instance(SimulatedInstance::new("i-bp67acfmxazb4ph1a2b3", "ecs.g5.large"));
    /// # let client = simulator.client_builder().build()?;
    /// use aliyun_ecs::ModifyPrepayInstanceSpecRequest;
    ///
    /// let request =
    ///     ModifyPrepayInstanceSpecRequest::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g5.xlarge")
    ///         .build()?;
    /// let response = client.modify_prepay_instance_spec(request).await?;
    /// println!("order {:?}, in effect after a restart", response.order_id);
    /// # assert_eq!(simulator.orders().len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn modify_prepay_instance_spec(
        &self,
        request: ModifyPrepayInstanceSpecRequest,
    ) -> Result<ModifyPrepayInstanceSpecResponse, Error> {
        let call = self.runtime.call(&request, CallOptions::default());
        Ok(call.await?.response)
    }

    /// Returns one page of instances (`DescribeInstances`).
    ///
    /// Instances that the caller has no permission to see are omitted without an error.
    ///
    /// # Errors
    ///
    /// The request failed, or the service rejected it.
    ///
    /// # Example
    ///
    /// ```
    /// # use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let simulator = Simulator::start().await;
    /// # simulator.add_instance(SimulatedInstance::new("i-bp67acfmxazb4ph1a2b3", "ecs.g5.large"));
    /// # let client = simulator.client_builder().build()?;
    /// use aliyun_ecs::operation::DescribeInstancesRequest;
    /// use aliyun_ecs::types::InstanceStatus;
    ///
    /// let request = DescribeInstancesRequest::builder()
    ///     .instance_ids(["i-bp67acfmxazb4ph1a2b3"])
    ///     .build()?;
    /// let response = client.describe_instances(request).await?;
    /// let instance = response.instances.first().ok_or("no such instance, or no right to see it")?;
    /// assert_eq!(instance.status, Some(InstanceStatus::Running));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn describe_instances(
        &self,
        request: DescribeInstancesRequest,
    ) -> Result<DescribeInstancesResponse, Error> {
        let call = self.runtime.call(&request, CallOptions::default());
        Ok(call.await?.response)
    }

    /// Lists every instance that matches the request, fetching pages as needed.
    ///
    /// ```
    /// # use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let simulator = Simulator::start().await;
    /// # simulator.add_instance(SimulatedInstance::new("i-bp67acfmxazb4ph1a2b3", "ecs.g5.large"));
    /// # let client = simulator.client_builder().build()?;
    /// use aliyun_ecs::operation::DescribeInstancesRequest;
    ///
    /// let request = DescribeInstancesRequest::builder().build()?;
    /// let mut instances = client.list_instances(request);
    /// while let Some(instance) = instances.next().await {
    ///     let instance = instance?;
    ///     println!("{} {}", instance.instance_id, instance.instance_type);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list_instances(
        &self,
        request: DescribeInstancesRequest,
    ) -> Paginator<DescribeInstancesRequest> {
        Paginator::new(Arc::clone(&self.runtime), request)
    }

    /// Returns what an instance can be changed to, and whether it is in stock (`DescribeResourcesModification`).
    ///
    /// # Errors
    ///
    /// The request failed, or the service rejected it.
    ///
    /// # Example
    ///
    /// ```
    /// # use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let simulator = Simulator::start().await;
    /// # simulator.add_instance(SimulatedInstance::new("i-bp67acfmxazb4ph1a2b3", "ecs.g5.large"));
    /// # let client = simulator.client_builder().build()?;
    /// use aliyun_ecs::operation::DescribeResourcesModificationRequest;
    /// use aliyun_ecs::types::ModificationType;
    ///
    /// let request = DescribeResourcesModificationRequest::builder("i-bp67acfmxazb4ph1a2b3")
    ///     .operation_type(ModificationType::Upgrade)
    ///     .build()?;
    /// let response = client.describe_resources_modification(request).await?;
    /// assert!(response.find("ecs.g5.xlarge").any(|it| it.is_available()));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn describe_resources_modification(
        &self,
        request: DescribeResourcesModificationRequest,
    ) -> Result<DescribeResourcesModificationResponse, Error> {
        let call = self.runtime.call(&request, CallOptions::default());
        Ok(call.await?.response)
    }

    /// Returns what an upgrade costs (`DescribeInstanceModificationPrice`). The service does not quote downgrades.
    ///
    /// # Errors
    ///
    /// The request failed, or the service rejected it.
    ///
    /// # Example
    ///
    /// ```
    /// # use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let simulator = Simulator::start().await;
    /// # simulator.add_instance(SimulatedInstance::new("i-bp67acfmxazb4ph1a2b3", "ecs.g5.large"));
    /// # let client = simulator.client_builder().build()?;
    /// use aliyun_ecs::operation::DescribeInstanceModificationPriceRequest;
    ///
    /// let request = DescribeInstanceModificationPriceRequest::builder("i-bp67acfmxazb4ph1a2b3")
    ///     .instance_type("ecs.g5.xlarge")
    ///     .build()?;
    /// let price = client.describe_instance_modification_price(request).await?.price;
    /// if let (Some(amount), Some(currency)) = (price.trade, price.currency) {
    ///     println!("it costs {amount} {currency}");
    /// }
    /// # assert!(price.trade.is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn describe_instance_modification_price(
        &self,
        request: DescribeInstanceModificationPriceRequest,
    ) -> Result<DescribeInstanceModificationPriceResponse, Error> {
        let call = self.runtime.call(&request, CallOptions::default());
        Ok(call.await?.response)
    }

    /// Returns one page of instance types and their properties (`DescribeInstanceTypes`).
    ///
    /// # Errors
    ///
    /// The request failed, or the service rejected it.
    ///
    /// # Example
    ///
    /// ```
    /// # use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let simulator = Simulator::start().await;
    /// # simulator.add_instance(SimulatedInstance::new("i-bp67acfmxazb4ph1a2b3", "ecs.g5.large"));
    /// # let client = simulator.client_builder().build()?;
    /// use aliyun_ecs::operation::DescribeInstanceTypesRequest;
    ///
    /// let request = DescribeInstanceTypesRequest::builder()
    ///     .instance_types(["ecs.g5.xlarge"])
    ///     .build()?;
    /// let response = client.describe_instance_types(request).await?;
    /// assert_eq!(response.instance_types[0].cpu_core_count, Some(4));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn describe_instance_types(
        &self,
        request: DescribeInstanceTypesRequest,
    ) -> Result<DescribeInstanceTypesResponse, Error> {
        let call = self.runtime.call(&request, CallOptions::default());
        Ok(call.await?.response)
    }

    /// Lists every instance type that matches the request, fetching pages as needed.
    ///
    /// ```
    /// # use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let simulator = Simulator::start().await;
    /// # simulator.add_instance(SimulatedInstance::new("i-bp67acfmxazb4ph1a2b3", "ecs.g5.large"));
    /// # let client = simulator.client_builder().build()?;
    /// use aliyun_ecs::operation::DescribeInstanceTypesRequest;
    ///
    /// let request = DescribeInstanceTypesRequest::builder().build()?;
    /// let types = client.list_instance_types(request).try_collect().await?;
    /// println!("{} types", types.len());
    /// # assert!(!types.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn list_instance_types(
        &self,
        request: DescribeInstanceTypesRequest,
    ) -> Paginator<DescribeInstanceTypesRequest> {
        Paginator::new(Arc::clone(&self.runtime), request)
    }

    /// Returns one page of disks (`DescribeDisks`).
    ///
    /// Disks that the caller has no permission to see are omitted without an error.
    ///
    /// # Errors
    ///
    /// The request failed, or the service rejected it.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # async fn example(client: aliyun_ecs::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use aliyun_ecs::operation::DescribeDisksRequest;
    ///
    /// let request = DescribeDisksRequest::builder().instance_id("i-bp67acfmxazb4ph1a2b3").build()?;
    /// for disk in client.describe_disks(request).await?.disks {
    ///     println!("{} {:?} {:?}", disk.disk_id, disk.kind, disk.category);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn describe_disks(
        &self,
        request: DescribeDisksRequest,
    ) -> Result<DescribeDisksResponse, Error> {
        let call = self.runtime.call(&request, CallOptions::default());
        Ok(call.await?.response)
    }

    /// Lists every disk that matches the request, fetching pages as needed.
    ///
    /// ```no_run
    /// # async fn example(client: aliyun_ecs::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use aliyun_ecs::operation::DescribeDisksRequest;
    ///
    /// let request = DescribeDisksRequest::builder().build()?;
    /// let disks = client.list_disks(request).try_collect().await?;
    /// println!("{} disks", disks.len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn list_disks(&self, request: DescribeDisksRequest) -> Paginator<DescribeDisksRequest> {
        Paginator::new(Arc::clone(&self.runtime), request)
    }

    /// Returns the regions that the account can use (`DescribeRegions`).
    ///
    /// # Errors
    ///
    /// The request failed, or the service rejected it.
    ///
    /// # Example
    ///
    /// ```
    /// # use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let simulator = Simulator::start().await;
    /// # simulator.add_instance(SimulatedInstance::new("i-bp67acfmxazb4ph1a2b3", "ecs.g5.large"));
    /// # let client = simulator.client_builder().build()?;
    /// use aliyun_ecs::operation::DescribeRegionsRequest;
    ///
    /// let response = client.describe_regions(DescribeRegionsRequest::builder().build()?).await?;
    /// assert!(response.regions.iter().any(|region| region.region_id == "cn-hangzhou"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn describe_regions(
        &self,
        request: DescribeRegionsRequest,
    ) -> Result<DescribeRegionsResponse, Error> {
        let call = self.runtime.call(&request, CallOptions::default());
        Ok(call.await?.response)
    }

    /// Starts a stopped instance (`StartInstance`).
    ///
    /// It returns when the service has accepted the request. Poll the instance until it is `Running`.
    ///
    /// # Errors
    ///
    /// After a failure with an unknown [`outcome`](Error::outcome) the call is not retried, because the operation has no
    /// client token. Check the state of the instance.
    ///
    /// # Example
    ///
    /// ```
    /// # use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let simulator = Simulator::start().await;
    /// # simulator.add_instance(SimulatedInstance::new("i-bp67acfmxazb4ph1a2b3", "ecs.g5.large").stopped());
    /// # let client = simulator.client_builder().build()?;
    /// use aliyun_ecs::operation::StartInstanceRequest;
    ///
    /// let request = StartInstanceRequest::builder("i-bp67acfmxazb4ph1a2b3").build()?;
    /// client.start_instance(request).await?; // accepted, not finished
    /// # Ok(())
    /// # }
    /// ```
    pub async fn start_instance(
        &self,
        request: StartInstanceRequest,
    ) -> Result<StartInstanceResponse, Error> {
        let call = self.runtime.call(&request, CallOptions::default());
        Ok(call.await?.response)
    }

    /// Stops a running instance (`StopInstance`).
    ///
    /// It returns when the service has accepted the request. Poll the instance until it is `Stopped`.
    ///
    /// # Errors
    ///
    /// After a failure with an unknown [`outcome`](Error::outcome) the call is not retried, because the operation has no
    /// client token. Check the state of the instance.
    ///
    /// # Example
    ///
    /// ```
    /// # use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let simulator = Simulator::start().await;
    /// # simulator.add_instance(SimulatedInstance::new("i-bp67acfmxazb4ph1a2b3", "ecs.g5.large"));
    /// # let client = simulator.client_builder().build()?;
    /// use aliyun_ecs::operation::StopInstanceRequest;
    ///
    /// let request = StopInstanceRequest::builder("i-bp67acfmxazb4ph1a2b3").build()?;
    /// client.stop_instance(request).await?; // accepted, not finished
    /// # Ok(())
    /// # }
    /// ```
    pub async fn stop_instance(
        &self,
        request: StopInstanceRequest,
    ) -> Result<StopInstanceResponse, Error> {
        let call = self.runtime.call(&request, CallOptions::default());
        Ok(call.await?.response)
    }

    /// Restarts a running instance (`RebootInstance`).
    ///
    /// It returns when the service has accepted the request. Poll the instance until it is `Running` again.
    ///
    /// # Errors
    ///
    /// After a failure with an unknown [`outcome`](Error::outcome) the call is not retried, because the operation has no
    /// client token. Check the state of the instance.
    ///
    /// # Example
    ///
    /// ```
    /// # use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let simulator = Simulator::start().await;
    /// # simulator.add_instance(SimulatedInstance::new("i-bp67acfmxazb4ph1a2b3", "ecs.g5.large"));
    /// # let client = simulator.client_builder().build()?;
    /// use aliyun_ecs::operation::RebootInstanceRequest;
    ///
    /// let request = RebootInstanceRequest::builder("i-bp67acfmxazb4ph1a2b3").build()?;
    /// client.reboot_instance(request).await?; // accepted, not finished
    /// # Ok(())
    /// # }
    /// ```
    pub async fn reboot_instance(
        &self,
        request: RebootInstanceRequest,
    ) -> Result<RebootInstanceResponse, Error> {
        let call = self.runtime.call(&request, CallOptions::default());
        Ok(call.await?.response)
    }

    /// The region of requests that do not set their own.
    ///
    /// ```
    /// let client = aliyun_ecs::Client::builder().region("cn-hangzhou").build()?;
    /// assert_eq!(client.region().as_str(), "cn-hangzhou");
    /// # Ok::<(), aliyun_ecs::ConfigError>(())
    /// ```
    pub fn region(&self) -> &RegionId {
        &self.runtime.config().region
    }

    /// Returns a client for another region. It shares the connections, credentials, retry budget, learned clock skew
    /// and observer of this one.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if `region` is not a region id. Whether the region exists is not checked.
    ///
    /// # Example
    ///
    /// ```
    /// let client = aliyun_ecs::Client::builder().region("cn-hangzhou").build()?;
    /// let beijing = client.with_region("cn-beijing")?;
    /// assert_eq!(beijing.region().as_str(), "cn-beijing");
    /// # Ok::<(), aliyun_ecs::ConfigError>(())
    /// ```
    pub fn with_region(&self, region: impl Into<String>) -> Result<Self, ConfigError> {
        let (region, uri) = builder::locate(region.into(), &self.runtime.config().endpoint)?;
        Ok(Self {
            runtime: Arc::new(self.runtime.with_region(region, uri)),
        })
    }

    /// Sends any operation, with options for this call.
    ///
    /// Dropping the future cancels the call. The service may still carry out a request that was sent.
    ///
    /// # Errors
    ///
    /// The same as the method of the operation.
    ///
    /// # Example
    ///
    /// ```
    /// # use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let simulator = Simulator::start().await;
    /// # simulator.add_instance(SimulatedInstance::new("i-bp67acfmxazb4ph1a2b3", "ecs.g5.large"));
    /// # let client = simulator.client_builder().build()?;
    /// use std::time::Duration;
    /// use aliyun_ecs::{CallOptions, ModifyPrepayInstanceSpecRequest};
    ///
    /// let request =
    ///     ModifyPrepayInstanceSpecRequest::builder("i-bp67acfmxazb4ph1a2b3", "ecs.g5.xlarge")
    ///         .build()?;
    /// let options = CallOptions::default().with_timeout(Duration::from_secs(20));
    /// let response = client.call(request, options).await?;
    /// # assert!(response.order_id.is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn call<O: Operation>(
        &self,
        operation: O,
        options: CallOptions,
    ) -> Result<O::Response, Error> {
        Ok(self.runtime.call(&operation, options).await?.response)
    }
}

/// For the workflows on top of the operations.
impl Client {
    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.runtime.config().clock
    }

    /// The current time, corrected by the clock skew that was learned from the service.
    pub(crate) fn service_time(&self) -> DateTime<Utc> {
        self.runtime.service_time()
    }

    /// A call that ends by the client's own timeout or after `timeout`, whichever is sooner.
    pub(crate) async fn call_within<O: Operation>(
        &self,
        operation: &O,
        timeout: Duration,
    ) -> Result<O::Response, Error> {
        let timeout = timeout.min(self.runtime.config().timeout);
        let options = CallOptions::default().with_timeout(timeout);
        Ok(self.runtime.call(operation, options).await?.response)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("config", self.runtime.config())
            .finish()
    }
}
