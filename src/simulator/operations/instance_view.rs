//! The representation of an instance in responses.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use crate::simulator::instance::SimulatedInstance;
use crate::simulator::world::World;

/// Times are shown to the minute.
pub(super) fn minute(time: Option<DateTime<Utc>>) -> String {
    let text = time.map(|time| time.format("%Y-%m-%dT%H:%MZ").to_string());
    text.unwrap_or_default()
}

/// An item of `DescribeInstances`: all fields of the documented examples, empty if they are not simulated.
pub(super) fn in_list(world: &World, instance: &SimulatedInstance, attributes: &[&str]) -> Value {
    let known = world.types.get(&instance.instance_type);
    let mut fields = common(world, instance);
    let image_options = match attributes.contains(&"CURRENT_OS_NVME_SUPPORTED") {
        true => json!({"CurrentOSNVMeSupported": instance.has_nvme_driver()}),
        false => json!({}),
    };
    let start_time = match instance.hides_start_time {
        true => String::new(),
        false => minute(instance.start_time),
    };
    let own = json!({
        "Cpu": known.map_or(0, |known| known.vcpus),
        "DeletionProtection": false,
        "DeploymentSetId": "",
        "DeviceAvailable": true,
        "GPUAmount": 0,
        "GPUSpec": "",
        "HibernationOptions": {"Configured": false},
        "ImageOptions": image_options,
        "InstanceTypeFamily": known.map_or("", |known| known.family()),
        "IoOptimized": true,
        "LocalStorageAmount": 0,
        "LocalStorageCapacity": 0,
        "MetadataOptions": {"HttpEndpoint": "", "HttpTokens": ""},
        "NetworkInterfaces": {"NetworkInterface": [network_interface(instance)]},
        "OSName": os_name(instance).0,
        "OSNameEn": os_name(instance).1,
        "OSType": os_type(instance),
        "RdmaIpAddress": {"IpAddress": []},
        "Recyclable": false,
        "ResourceGroupId": instance.resource_group_id,
        "SaleCycle": if instance.pay_as_you_go { "" } else { "month" },
        "SpotPriceLimit": 0.0,
        "SpotStrategy": "NoSpot",
        "StartTime": start_time,
        "Tags": {"Tag": tags(instance)},
    });
    extend(&mut fields, own);
    Value::Object(fields)
}

/// The fields of `DescribeInstanceAttribute`.
pub(super) fn attribute(world: &World, instance: &SimulatedInstance) -> Map<String, Value> {
    let known = world.types.get(&instance.instance_type);
    let mut fields = common(world, instance);
    let own = json!({
        "Cpu": known.map_or(0, |known| known.vcpus),
        "EnableJumboFrame": false,
        // A string here, a boolean in the list.
        "IoOptimized": "optimized",
    });
    extend(&mut fields, own);
    fields
}

fn common(world: &World, instance: &SimulatedInstance) -> Map<String, Value> {
    let known = world.types.get(&instance.instance_type);
    let memory_mib = known.map_or(0, |known| u64::from(known.memory_gib) * 1024);
    let locks: Vec<Value> = instance
        .lock_reason()
        .map(|reason| json!({"LockReason": reason, "LockMsg": ""}))
        .into_iter()
        .collect();
    let public: Vec<&str> = Some(&*instance.public_ip)
        .filter(|ip| !ip.is_empty())
        .into_iter()
        .collect();
    let value = json!({
        "AutoReleaseTime": "",
        "ClusterId": "",
        "CpuOptions": {"CoreCount": known.map_or(0, |known| known.vcpus.div_ceil(2)), "Numa": "", "ThreadsPerCore": 2},
        "CreationTime": minute(instance.creation_time),
        "CreditSpecification": "",
        "DedicatedHostAttribute": {"DedicatedHostId": "", "DedicatedHostName": "", "DedicatedHostClusterId": ""},
        "DedicatedInstanceAttribute": {"Affinity": "", "Tenancy": ""},
        "Description": instance.description,
        "EcsCapacityReservationAttr": {"CapacityReservationId": "", "CapacityReservationPreference": ""},
        "EipAddress": {"AllocationId": "", "InternetChargeType": "", "IpAddress": ""},
        "ExpiredTime": minute(instance.expired_time),
        "HostName": instance.host_name,
        "ImageId": instance.image_id,
        "InnerIpAddress": {"IpAddress": []},
        "InstanceChargeType": instance.charge_type(),
        "InstanceId": instance.instance_id,
        "InstanceName": instance.name,
        "InstanceNetworkType": "vpc",
        "InstanceType": instance.instance_type,
        "InternetChargeType": "PayByTraffic",
        "InternetMaxBandwidthIn": -1,
        "InternetMaxBandwidthOut": 0,
        "KeyPairName": instance.key_pair_name,
        "Memory": memory_mib,
        "OperationLocks": {"LockReason": locks},
        "PublicIpAddress": {"IpAddress": public},
        "RegionId": world.region_id,
        "SecurityGroupIds": {"SecurityGroupId": instance.security_group_ids},
        "SerialNumber": format!("serial-{}", instance.instance_id),
        "Status": instance.status.as_str(),
        "StoppedMode": "Not-applicable",
        "VlanId": "",
        "VpcAttributes": {
            "NatIpAddress": "",
            "PrivateIpAddress": {"IpAddress": [instance.private_ip]},
            "VSwitchId": instance.vswitch_id,
            "VpcId": instance.vpc_id,
        },
        "ZoneId": instance.zone_id,
    });
    let mut fields = Map::new();
    extend(&mut fields, value);
    fields
}

fn extend(fields: &mut Map<String, Value>, object: Value) {
    if let Value::Object(object) = object {
        fields.extend(object);
    }
}

fn network_interface(instance: &SimulatedInstance) -> Value {
    json!({
        "MacAddress": "00:16:3e:00:00:00",
        "NetworkInterfaceId": format!("eni-{}", instance.instance_id),
        "PrimaryIpAddress": instance.private_ip,
        "PrivateIpSets": {"PrivateIpSet": [
            {"Primary": true, "PrivateIpAddress": instance.private_ip},
        ]},
        "Type": "Primary",
    })
}

fn tags(instance: &SimulatedInstance) -> Vec<Value> {
    let tag = |(key, value)| json!({"TagKey": key, "TagValue": value});
    instance.tags.iter().map(tag).collect()
}

pub(super) fn os_type(instance: &SimulatedInstance) -> &'static str {
    if instance.windows { "windows" } else { "linux" }
}

/// The operating system in Chinese and in English.
fn os_name(instance: &SimulatedInstance) -> (&'static str, &'static str) {
    match instance.windows {
        true => (
            "Windows Server  2022 数据中心版 64位中文版",
            "Windows Server  2022 Data Center Edition 64bit Chinese Edition",
        ),
        false => (
            "Alibaba Cloud Linux  3.2104 LTS 64位",
            "Alibaba Cloud Linux  3.2104 LTS 64 bit",
        ),
    }
}
