//! Secrets in the wrong setting are not shown in errors.

use std::fs;
use std::path::PathBuf;

use aliyun_ecs::credentials::{
    AssumeRoleProvider, CredentialsError, EcsRamRoleProvider, ExternalProvider, IniProfileProvider,
    OidcProvider, ProfileProvider, ProvideCredentials, UriProvider,
};
use aliyun_ecs::operation::{DiskChange, ModifyPrepayInstanceSpecRequestBuilder};
use aliyun_ecs::resize::ResumeKey;
use aliyun_ecs::types::{ClientToken, InstanceId, InstanceType, InvalidValue};
use aliyun_ecs::{Client, Credentials, ModifyPrepayInstanceSpecRequest};

/// Secrets that users may put into the wrong field.
const SECRETS: [&str; 7] = [
    "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiJzZXJ2aWNlIn0.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg",
    "{\"AccessKeySecret\":\"kQ7ZpWxVb3NmLtRyUiOpA9sDfGhJkL\"}",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET=kQ7ZpWxVb3NmLtRyUiOpA9sDfGhJkL",
    "kQ7ZpWxVb3NmLtRyUiOpA9sDfGhJkL",
    "AbCdEfGhIjKlMnOpQrStUvWx",
    "https://keys.example/?Signature=kQ7ZpWxVb3NmLtRy",
    "https://someone:kQ7ZpWxVb3NmLtRy@keys.example",
];

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

fn failure(provider: &dyn ProvideCredentials) -> CredentialsError {
    runtime()
        .block_on(provider.provide_credentials())
        .unwrap_err()
}

/// A file of this name with this content.
fn file(name: &str, content: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, content).unwrap();
    path
}

/// Fails if a text shows the secret or a long part of it.
fn check(place: &str, secret: &str, texts: &[String]) {
    for text in texts {
        let parts = secret.as_bytes().windows(12);
        for part in parts.map(|part| std::str::from_utf8(part).unwrap()) {
            let is_harmless = [
                "ALIBABA_CLOUD_ACCESS_KEY_SECRET=",
                "https://keys.example",
                "{\"AccessKeySecret\":\"",
            ]
            .iter()
            .any(|it| it.contains(part));
            assert!(
                is_harmless || part.contains("keys.") || !text.contains(part),
                "{place} shows {part:?}: {text}"
            );
        }
    }
}

fn texts(error: &CredentialsError) -> Vec<String> {
    vec![
        error.to_string(),
        format!("{error:?}"),
        format!("{error:#?}"),
    ]
}

#[test]
fn misplaced_secrets_are_not_shown() {
    for (index, secret) in SECRETS.into_iter().enumerate() {
        let json = serde_json::to_string(secret).unwrap();
        let profile = |fields: &str| {
            let config = format!(r#"{{"current":"p","profiles":[{{"name":"p",{fields}}}]}}"#);
            ProfileProvider::new().file(file(&format!("misplaced-{index}.json"), &config))
        };
        let ini = file(
            &format!("misplaced-{index}.ini"),
            &format!("[default]\nenable = true\ntype = {secret}\n"),
        );
        let mut all: Vec<(&str, CredentialsError)> = vec![
            (
                "the mode of a profile",
                failure(&profile(&format!(r#""mode":{json}"#))),
            ),
            (
                "process_command",
                failure(&profile(&format!(
                    r#""mode":"External","process_command":{json}"#
                ))),
            ),
            (
                "the token file of a profile",
                failure(&profile(&format!(
                    r#""mode":"OIDC","ram_role_arn":"r","oidc_provider_arn":"p","oidc_token_file":{json}"#
                ))),
            ),
            (
                "the URI of a profile",
                failure(&profile(&format!(
                    r#""mode":"CredentialsURI","credentials_uri":{json}"#
                ))),
            ),
            (
                "the type of a section",
                failure(&IniProfileProvider::new().profile("default").file(ini)),
            ),
            (
                "the token file",
                failure(&OidcProvider::new("r", "p", secret)),
            ),
            (
                "the program",
                failure(&ExternalProvider::new(secret, ["a"])),
            ),
            (
                "the URI",
                failure(&UriProvider::new(format!("ftp://{secret}"))),
            ),
        ];
        if let Err(error) = ExternalProvider::from_command(secret) {
            all.push(("the command", error));
        }
        for (place, error) in all {
            check(place, secret, &texts(&error));
        }
        let invalid =
            |error: Option<InvalidValue>| error.map(|it| vec![it.to_string(), format!("{it:?}")]);
        let order = |id: &str, kind: &str| ModifyPrepayInstanceSpecRequest::builder(id, kind);
        let violations = |order: ModifyPrepayInstanceSpecRequestBuilder| {
            order
                .build()
                .err()
                .map(|it| vec![it.to_string(), format!("{it:?}")])
        };
        let disk = || DiskChange::new().with_disk_id(secret);
        for (setting, texts) in [
            ("instance id", invalid(InstanceId::new(secret).err())),
            ("instance type", invalid(InstanceType::new(secret).err())),
            (
                "client token",
                invalid(ClientToken::new(format!("{secret}中")).err()),
            ),
            ("resume key", invalid(secret.parse::<ResumeKey>().err())),
            (
                "disk",
                violations(order("i-1", "ecs.g5.xlarge").disk(disk()).disk(disk())),
            ),
            ("order", violations(order(secret, secret).region_id(secret))),
            (
                "parameter",
                violations(order("i-1", "ecs.g5.xlarge").extra_parameter("AutoPay", secret)),
            ),
            (
                "two parameters",
                violations(
                    order("i-1", "ecs.g5.xlarge")
                        .extra_parameter(secret, "1")
                        .extra_parameter(secret, "2"),
                ),
            ),
        ] {
            check(setting, secret, &texts.unwrap_or_default());
        }
        let shown = [
            format!(
                "{:?}",
                Client::builder()
                    .region(secret)
                    .endpoint(secret)
                    .user_agent_suffix(secret)
            ),
            format!("{:?}", ProfileProvider::new().profile(secret).file(secret)),
            format!(
                "{:?}",
                IniProfileProvider::new().profile(secret).file(secret)
            ),
            format!("{:?}", EcsRamRoleProvider::new().role_name(secret)),
            format!(
                "{:?}",
                OidcProvider::new(secret, secret, secret).session_name(secret)
            ),
            format!("{:?}", Credentials::new(secret, "LTAI5tExampleKeyId")),
        ];
        check("Debug", secret, &shown);
        for (setting, error) in [
            (
                "endpoint",
                Client::builder()
                    .region("cn-hangzhou")
                    .endpoint(secret)
                    .build()
                    .err(),
            ),
            ("region", Client::builder().region(secret).build().err()),
        ] {
            // Some are valid host names.
            let Some(error) = error else { continue };
            // The letters of the fifth look like a misspelled region.
            if index != 4 {
                check(setting, secret, &[error.to_string(), format!("{error:?}")]);
            }
        }
    }
}

#[test]
fn debug_of_providers_shows_no_user_information_external_id_or_policy() {
    let secret = "kQ7ZpWxVb3NmLtRyUiOpA9sDfGhJkL";
    let endpoint = format!("https://someone:{secret}@sts.example");
    let role = AssumeRoleProvider::new(Credentials::new("id", secret), "acs:ram::1:role/r")
        .external_id(secret)
        .policy(format!(r#"{{"Statement":"{secret}"}}"#))
        .endpoint(&*endpoint);
    let oidc = OidcProvider::new("r", "p", secret)
        .policy(format!(r#"{{"Statement":"{secret}"}}"#))
        .endpoint(&*endpoint);
    let uri = UriProvider::new(format!(
        "https://someone:{secret}@keys.example/?token={secret}"
    ));
    let external = ExternalProvider::new("vault-keys", [format!("--token={secret}")]);
    for debug in [
        format!("{role:?} {role:#?}"),
        format!("{oidc:?} {oidc:#?}"),
        format!("{uri:?}"),
        format!("{external:?}"),
    ] {
        assert!(!debug.contains(secret), "{debug}");
    }
    let shown = format!("{role:?}");
    assert!(shown.contains("acs:ram::1:role/r"), "{shown}");
}
