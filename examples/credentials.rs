//! Shows which provider of the default chain is used on this machine, and why the others are not.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use aliyun_ecs::credentials::{CredentialsError, CredentialsErrorKind, DefaultChain};
use aliyun_ecs::{Client, Credentials};

const HELP: &str = "\
Shows where the credentials of this machine come from, when none are found or
not the expected ones. Prints no secret.

    cargo run --example credentials

Calls the providers of the default chain in order, until one returns credentials
or fails. Depending on the configuration it reads files, assumes a role or runs a
program. The fifth provider calls the metadata service of ECS (http://100.100.100.200)
unless ALIBABA_CLOUD_ECS_METADATA_DISABLED=true is set. Nothing is written, and no
order is placed.

    -h, --help    print this text

Exits with 0 if there are credentials, and with 1 if there are none.";

/// Variables that tools of the vendor read and this crate does not: the name, what it would have done, what to do.
#[rustfmt::skip]
const NOT_READ: [(&str, &str); 10] = [
    ("ACCESS_KEY_ID", "the CLI uses it as the access key id: set ALIBABA_CLOUD_ACCESS_KEY_ID"),
    ("ACCESS_KEY_SECRET", "the CLI uses it as the secret: set ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
    ("SECURITY_TOKEN", "the CLI uses it as the token: set ALIBABA_CLOUD_SECURITY_TOKEN"),
    ("ALICLOUD_ACCESS_KEY", "Terraform uses it as the access key id: set ALIBABA_CLOUD_ACCESS_KEY_ID"),
    ("ALICLOUD_SECRET_KEY", "Terraform uses it as the secret: set ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
    ("ALIBABA_CLOUD_BEARER_TOKEN", "the CLI sends it instead of a signature, which ECS does not accept"),
    ("ALIBABA_CLOUD_PROFILE_MODE", "the CLI sends unsigned requests for `Anonymous`, which ECS does not accept"),
    ("ALIBABA_CLOUD_EXTERNAL_ID", "the CLI sends it when it assumes a role: set external_id in the profile"),
    ("ALIBABACLOUD_EXTERNAL_ID", "the CLI sends it when it assumes a role: set external_id in the profile"),
    ("ALIBABA_CLOUD_ECS_IMDSV2_ENABLE", "an old Java SDK requests session tokens with it: here they always are"),
];

/// Variables that belong to one identity and must have one prefix, after the prefix.
const IDENTITIES: [(&str, [&str; 3]); 2] = [
    (
        "access key",
        ["ACCESS_KEY_ID", "ACCESS_KEY_SECRET", "SECURITY_TOKEN"],
    ),
    (
        "OIDC role",
        ["OIDC_PROVIDER_ARN", "OIDC_TOKEN_FILE", "ROLE_ARN"],
    ),
];
const PREFIXES: [&str; 3] = ["ALIBABA_CLOUD_", "ALIBABACLOUD_", "ALICLOUD_"];

#[tokio::main]
async fn main() -> ExitCode {
    match run(&mut io::stdout()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error may be closed as well.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

type Failure = Box<dyn Error>;

async fn run(out: &mut impl Write) -> Result<(), Failure> {
    match std::env::args().nth(1).as_deref() {
        None => {}
        Some("-h" | "--help") => return Ok(writeln!(out, "{HELP}")?),
        Some(other) => return Err(format!("unknown argument {other:?}; see --help").into()),
    }
    let found = explain(out, &DefaultChain::new()).await?;
    let ignored = ignored(is_set);
    if !ignored.is_empty() {
        writeln!(out, "\nVariables that are set and ignored:")?;
        for (name, reason) in ignored {
            writeln!(out, "  {name}: {reason}")?;
        }
    }
    match Client::from_env() {
        Ok(_) => writeln!(out, "\nThe region is set.")?,
        Err(error) => writeln!(out, "\n{error}")?,
    }
    found.map_err(Into::into)
}

#[allow(clippy::disallowed_methods, reason = "the rule is for the library")]
fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

/// Calls one provider after the other, as the chain does. The inner error says why there are no credentials.
async fn explain(
    out: &mut impl Write,
    chain: &DefaultChain,
) -> io::Result<Result<(), &'static str>> {
    let mut providers = chain.providers();
    while let Some((name, provider)) = providers.next() {
        match provider.provide_credentials().await {
            Ok(credentials) => {
                writeln!(out, "  {name:<16} USED: {}", describe(&credentials))?;
                for (name, _) in providers {
                    writeln!(out, "  {name:<16} not called")?;
                }
                return Ok(Ok(()));
            }
            Err(error) if error.kind() == CredentialsErrorKind::NotConfigured => {
                writeln!(out, "  {name:<16} not configured: {}", error.message())?;
            }
            Err(error) => {
                writeln!(out, "  {name:<16} FAILED: {}", error.message())?;
                for cause in causes(&error) {
                    writeln!(out, "  {:<16} caused by: {cause}", "")?;
                }
                return Ok(Err(
                    "a provider that is configured and fails ends the chain; correct it or remove it",
                ));
            }
        }
    }
    Ok(Err("no provider is configured; configure one of the above"))
}

/// What led to the error, each cause once: for instance what a proxy returned.
fn causes(error: &CredentialsError) -> Vec<String> {
    let mut causes = Vec::new();
    let mut shown = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        // The message may quote its first cause.
        if !shown.contains(&text) {
            causes.push(text.clone());
            shown.push_str(&text);
        }
        source = cause.source();
    }
    causes
}

/// The variables that are set and have no effect, and what they would have done.
fn ignored(is_set: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let mut ignored = Vec::new();
    for (name, reason) in NOT_READ {
        if is_set(name) {
            ignored.push((name.to_owned(), reason.to_owned()));
        }
    }
    for (identity, [first, second, third]) in IDENTITIES {
        let has_identity = |prefix: &&str| {
            [first, second]
                .iter()
                .any(|name| is_set(&format!("{prefix}{name}")))
        };
        let mut used = PREFIXES.into_iter().filter(has_identity);
        let Some(used) = used.next() else { continue };
        for prefix in PREFIXES.into_iter().filter(|prefix| *prefix != used) {
            for name in [first, second, third].map(|name| format!("{prefix}{name}")) {
                if is_set(&name) {
                    let reason =
                        format!("the {identity} is read with the prefix {used}, which comes first");
                    ignored.push((name, reason));
                }
            }
        }
    }
    let has_oidc = |prefix: &&str| is_set(&format!("{prefix}OIDC_PROVIDER_ARN"));
    if !PREFIXES.iter().any(has_oidc) && is_set("ALIBABA_CLOUD_ROLE_ARN") {
        let reason = "a role of the environment is assumed with OIDC only: for a role on an access key, use a profile of \
                      mode RamRoleArn";
        ignored.push(("ALIBABA_CLOUD_ROLE_ARN".to_owned(), reason.to_owned()));
    }
    ignored
}

/// The kind of the credentials, the ends of their id, and their expiry.
fn describe(credentials: &Credentials) -> String {
    let id = credentials.access_key_id();
    let characters: Vec<char> = id.chars().collect();
    let short = match &*characters {
        [a, b, c, d, .., y, z] if characters.len() >= 12 => format!("{a}{b}{c}{d}…{y}{z}"),
        _ => "(short)".to_owned(),
    };
    let kind = match credentials.security_token() {
        Some(_) => "temporary",
        None => "long-lived",
    };
    match credentials.expiration() {
        Some(end) => format!("the {kind} access key {short}, until {end:?}"),
        None => format!("the {kind} access key {short}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignored_of(set: &[&str]) -> Vec<(String, String)> {
        ignored(|name| set.contains(&name))
    }

    #[test]
    fn ignored_variables_are_listed_with_what_they_would_have_done() {
        assert_eq!(
            ignored_of(&[
                "ALIBABA_CLOUD_ACCESS_KEY_ID",
                "ALIBABA_CLOUD_SECURITY_TOKEN"
            ]),
            []
        );
        let [(name, reason)] = &ignored_of(&["ALICLOUD_ACCESS_KEY"])[..] else {
            panic!("one is ignored");
        };
        assert!(name == "ALICLOUD_ACCESS_KEY" && reason.starts_with("Terraform"));
        let both = ["ALIBABACLOUD_ACCESS_KEY_ID", "ALICLOUD_ACCESS_KEY_SECRET"];
        let [(name, reason)] = &ignored_of(&both)[..] else {
            panic!("one is ignored");
        };
        assert_eq!(name, "ALICLOUD_ACCESS_KEY_SECRET");
        assert!(reason.contains("prefix ALIBABACLOUD_"), "{reason}");
        let role = ignored_of(&["ALIBABA_CLOUD_ROLE_ARN"]);
        assert!(role[0].1.contains("RamRoleArn"), "{role:?}");
        let pod = ["ALIBABA_CLOUD_ROLE_ARN", "ALIBABA_CLOUD_OIDC_PROVIDER_ARN"];
        assert_eq!(ignored_of(&pod), []);
    }

    #[test]
    fn each_cause_is_listed_once() {
        let proxy = io::Error::other("407 Proxy Authentication Required");
        let outer = CredentialsError::failed("inner", "request to sts.aliyuncs.com failed")
            .with_source(proxy);
        let error = CredentialsError::failed("STS", "request to sts.aliyuncs.com failed")
            .with_source(outer);
        let causes = causes(&error);
        assert_eq!(causes.last().unwrap(), "407 Proxy Authentication Required");
        assert_eq!(causes.len(), 2);
    }
}
