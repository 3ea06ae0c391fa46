//! Strings, in every setter that accepts one.

use std::collections::BTreeMap;

use aliyun_ecs::error::{ServiceError, TransportError, TransportErrorKind};
use aliyun_ecs::operation::*;
use aliyun_ecs::resize::ResumeKey;
use aliyun_ecs::simulator::{SimulatedInstance, Simulator};
use aliyun_ecs::types::*;
use aliyun_ecs::{
    CallOptions, Client, Credentials, Error, ErrorCode, ErrorKind, ModifyPrepayInstanceSpecRequest,
    Resize, RetryConfig, RpcRequest, SignatureVersion, ValidationError,
};

use crate::values::{check, texts};

const ID: &str = "i-test";
const TYPE: &str = "ecs.g5.xlarge";

/// Builds a request with a string in one setter.
type Setter = fn(&str) -> Result<(), ValidationError>;

/// `builder => setter setter …`: each with the string itself, in a list or as the value of an enum.
macro_rules! setters {
    ($( $builder:expr => $([$($text:ident)*])? $(list [$($list:ident)*])? $(value [$($value:ident)*])? ;)*) => {
        vec![$(
            $($( (stringify!($text), (|text: &str| $builder.$text(text).build().map(drop)) as Setter), )*)?
            $($( (stringify!($list), (|text: &str| $builder.$list([text]).build().map(drop)) as Setter), )*)?
            $($( (stringify!($value), (|text: &str| $builder.$value(text).build().map(drop)) as Setter), )*)?
        )*]
    };
}

#[test]
fn request_setters_accept_or_reject_arbitrary_text() {
    let mut setters = setters! {
        ModifyPrepayInstanceSpecRequest::builder(ID, TYPE) => [region_id client_token]
            value [operator_type system_disk_category modify_mode];
        DescribeInstancesRequest::builder() => [
            region_id next_token instance_name instance_type instance_type_family instance_network_type
            internet_charge_type image_id key_pair_name resource_group_id security_group_id vpc_id v_switch_id zone_id
            hpc_cluster_id rdma_ip_addresses http_endpoint http_tokens
        ] list [
            instance_ids ipv6_addresses additional_attributes private_ip_addresses inner_ip_addresses
            public_ip_addresses eip_addresses
        ] value [status instance_charge_type lock_reason];
        DescribeInstanceTypesRequest::builder() => [
            region_id next_token instance_type_family instance_family_level instance_category cpu_architecture
            physical_processor_model gpu_spec local_storage_category
        ] list [
            instance_types instance_type_families instance_categories cpu_architectures physical_processor_models
            gpu_specs local_storage_categories additional_attributes
        ] value [nvme_support];
        DescribeResourcesModificationRequest::builder(ID) => [region_id zone_id instance_type]
            list [conditions] value [operation_type];
        DescribeInstanceModificationPriceRequest::builder(ID).instance_type(TYPE) => [region_id instance_type]
            value [system_disk_category];
        DescribeDisksRequest::builder() => [region_id instance_id status zone_id next_token] list [disk_ids]
            value [disk_type category];
        DescribeRegionsRequest::builder() => [instance_charge_type resource_type accept_language];
        StartInstanceRequest::builder(ID) => [region_id];
        StopInstanceRequest::builder(ID) => [region_id] value [stopped_mode];
        RebootInstanceRequest::builder(ID) => [region_id];
        Resize::builder(ID, TYPE) => [region_id client_token];
    };
    let disk = |text: &str| {
        DiskChange::new()
            .with_disk_id(text)
            .with_category(DiskCategory::from(text))
    };
    let more: [(&str, Setter); 12] = [
        ("order of", |text| {
            ModifyPrepayInstanceSpecRequest::builder(text, text)
                .build()
                .map(drop)
        }),
        ("instance of resources", |text| {
            DescribeResourcesModificationRequest::builder(text)
                .build()
                .map(drop)
        }),
        ("instance of a price", |text| {
            DescribeInstanceModificationPriceRequest::builder(text)
                .build()
                .map(drop)
        }),
        ("start of", |text| {
            StartInstanceRequest::builder(text).build().map(drop)
        }),
        ("stop of", |text| {
            StopInstanceRequest::builder(text).build().map(drop)
        }),
        ("reboot of", |text| {
            RebootInstanceRequest::builder(text).build().map(drop)
        }),
        ("resize of", |text| {
            Resize::builder(text, text).build().map(drop)
        }),
        ("tag", |text| {
            DescribeInstancesRequest::builder()
                .tag(text, text)
                .build()
                .map(drop)
        }),
        ("extra_parameter", |text| {
            ModifyPrepayInstanceSpecRequest::builder(ID, TYPE)
                .extra_parameter(text, text)
                .build()
                .map(drop)
        }),
        ("data_disk", |text| {
            let disk = DataDisk::new(text).with_performance_level(text);
            DescribeInstanceModificationPriceRequest::builder(ID)
                .data_disk(disk)
                .build()
                .map(drop)
        }),
        ("resume", |text| match text.parse::<ResumeKey>() {
            Ok(key) => Resize::resume(key).build().map(drop),
            Err(error) => {
                check(&error, "resume");
                Ok(())
            }
        }),
        ("performance_level", |text| {
            let disk = DiskChange::new().with_performance_level(PerformanceLevel::from(text));
            ModifyPrepayInstanceSpecRequest::builder(ID, TYPE)
                .disk(disk)
                .build()
                .map(drop)
        }),
    ];
    setters.extend(more);
    let mut rejected = BTreeMap::<&str, u32>::new();
    for text in texts() {
        for (name, set) in &setters {
            if let Err(error) = set(&text) {
                check(&error, name);
                *rejected.entry(name).or_default() += 1;
                for violation in error.violations() {
                    assert!(!violation.problem().is_empty(), "{name}: {error}");
                    assert!(violation.value().chars().count() <= 81, "{name}: {error}");
                }
            }
        }
        let order = ModifyPrepayInstanceSpecRequest::builder(ID, TYPE).disk(disk(&text));
        if let Err(error) = order.build() {
            check(&error, "disk");
        }
    }
    // Some strings are rejected by every setter: an empty one, or one that would become part of a host name or an id.
    for (name, _) in &setters {
        assert!(
            rejected.contains_key(name) || matches!(*name, "resume") || name.ends_with("addresses"),
            "{name}"
        );
    }
}

#[test]
fn value_types_accept_or_reject_arbitrary_text() {
    for text in texts() {
        for error in [
            InstanceId::new(&*text).err(),
            DiskId::new(&*text).err(),
            InstanceType::new(&*text).err(),
            RegionId::new(&*text).err(),
            ClientToken::new(&*text).err(),
        ]
        .into_iter()
        .flatten()
        {
            check(&error, "value");
        }
        assert!(ErrorCode::from(&*text).as_str().eq_ignore_ascii_case(&text));
        assert!(
            ModifyMode::from(&*text)
                .as_str()
                .eq_ignore_ascii_case(&text)
        );
        let service = ServiceError::new(0, &*text, &*text)
            .with_request_id(&*text)
            .with_host_id(&*text);
        let lost = TransportError::new(TransportErrorKind::Other, &*text)
            .with_response(u16::MAX, Some(text.clone()));
        for error in [Error::from(service), Error::from(lost)] {
            let shown = error.to_string();
            assert!(
                !shown.contains('\n') && shown.chars().count() < 4_000,
                "{shown}"
            );
        }
    }
}

#[test]
fn client_setters_accept_or_reject_arbitrary_text() {
    let builder = || {
        Client::builder()
            .region("cn-hangzhou")
            .credentials(Credentials::new("i", "s"))
    };
    for text in texts() {
        for (setting, builder) in [
            ("region", builder().region(&*text)),
            ("endpoint", builder().endpoint(&*text)),
            ("user_agent_suffix", builder().user_agent_suffix(&*text)),
        ] {
            // A client with a loopback endpoint loads no certificates.
            let builder = match setting {
                "endpoint" => builder,
                _ => builder.endpoint("http://127.0.0.1:9"),
            };
            if let Err(error) = builder.build() {
                check(&error, setting);
                assert_eq!(error.setting(), setting);
            }
        }
    }
}

#[tokio::test]
async fn accepted_text_arrives_unchanged() {
    let simulator = Simulator::builder().ignore_unknown_parameters();
    let simulator = simulator.start().await.unwrap();
    simulator.add_instance(SimulatedInstance::new(ID, TYPE));
    for version in [SignatureVersion::V1, SignatureVersion::V3] {
        let client = simulator
            .client_builder()
            .signature_version(version)
            .retry(RetryConfig::disabled())
            .build()
            .unwrap();
        for text in texts() {
            let name = if text.is_empty() { "Name" } else { &text };
            let request = RpcRequest::<()>::new("DescribeInstances")
                .param("RegionId", "cn-hangzhou")
                .param(name, &*text)
                .param("Text", &*text);
            let before = simulator.requests().len();
            match client.call(request, CallOptions::default()).await {
                // The simulator has checked the signature.
                Ok(()) => {
                    let requests = simulator.requests();
                    assert_eq!(requests[before].parameter("Text"), Some(&*text), "{text:?}");
                }
                Err(error) => {
                    check(&error, "RpcRequest");
                    // A URL has a maximum length, which is checked before anything is sent; a body has none.
                    let is_too_long =
                        matches!(error.kind(), ErrorKind::Validation(_)) && text.len() > 20_000;
                    assert!(is_too_long && version == SignatureVersion::V3, "{error}");
                    assert_eq!(simulator.requests().len(), before);
                }
            }
        }
    }
}
