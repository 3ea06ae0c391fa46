//! `StartInstance`: starts a stopped instance.

power_operation! {
    /// An order to start a stopped instance.
    ///
    /// This is the step in which a stopped instance takes on a type that was ordered for it; it can fail for lack
    /// of stock or quota.
    ///
    /// The operation has no client token: after a failure of unknown outcome the call is not repeated. Look at the
    /// instance's state ([`Client::describe_instances`](crate::Client::describe_instances)) before sending it again.
    ///
    /// ```
    /// use aliyun_ecs::operation::StartInstanceRequest;
    ///
    /// let request = StartInstanceRequest::builder("i-bp67acfmxazb4ph1a2b3").dry_run(true).build()?;
    /// # Ok::<(), aliyun_ecs::ValidationError>(())
    /// ```
    StartInstanceRequest, StartInstanceRequestBuilder, "StartInstance";
    /// The service has accepted it: the instance is `Starting`, and `Running` some time later.
    StartInstanceResponse
}

filters! { StartInstanceRequestBuilder {
    /// Whether damaged local disks are initialized, on the few types that have such; **their data is lost**.
    /// The service takes `false` where it is not sent.
    flag init_local_disk = "InitLocalDisk";
    /// Whether everything is only checked, the caller's rights included; the response then says so.
    /// The service takes `false` where it is not sent.
    flag dry_run = "DryRun";
} }
