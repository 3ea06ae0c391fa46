//! `DescribeRegions`: the regions that the account can use.

operation! {
    /// A request for the regions that the account can use.
    ///
    /// It needs no region itself, so it is a good check of credentials.
    ///
    /// ```
    /// use aliyun_ecs::operation::DescribeRegionsRequest;
    ///
    /// let request = DescribeRegionsRequest::builder().accept_language("en-US").build()?;
    /// # Ok::<(), aliyun_ecs::ValidationError>(())
    /// ```
    DescribeRegionsRequest, DescribeRegionsRequestBuilder => DescribeRegionsResponse;
    action = "DescribeRegions";
    effect = Read;
    optional {
        /// Only regions with this billing method: `PrePaid`, `PostPaid`, `SpotWithPriceLimit` or `SpotAsPriceGo`.
        /// Service default: `PostPaid`.
        Text instance_charge_type = "InstanceChargeType";
        /// Only regions with this resource: `instance`, `disk`, `reservedinstance` or `scu`.
        /// Service default: `instance`.
        Text resource_type = "ResourceType";
        /// The language of the names: `zh-CN`, `zh-TW`, `en-US`, `ja`, `fr`, `de` or `ko`. Service default: `zh-CN`.
        Text accept_language = "AcceptLanguage";
    }
}

response! {
    /// The regions.
    pub DescribeRegionsResponse {
        /// The request id.
        request_id: String = scalar "RequestId";
        /// The regions.
        regions: Vec<Region> = list "Regions";
    }

    /// A region.
    pub Region {
        /// The id, for instance `cn-hangzhou`.
        region_id: String = scalar "RegionId";
        /// The host name of its endpoint. Several regions share one.
        endpoint: Option<String> = scalar "RegionEndpoint";
        /// The name in the requested language.
        local_name: Option<String> = scalar "LocalName";
        /// The state, for instance `available`. Older responses have none.
        status: Option<String> = scalar "Status";
    }
}
