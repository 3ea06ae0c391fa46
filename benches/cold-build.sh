#!/usr/bin/env bash
# The cost of a cold release build of a minimal program: crates and CPU time, for each given set of features.
#
#   benches/cold-build.sh                            # the default features
#   benches/cold-build.sh reqwest,rustls hyper,rustls reqwest,aws-lc
# Crates are downloaded before the measurement. Other load on the machine also increases CPU time.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
program=$(mktemp -d)
trap 'rm -rf "$program"' EXIT

[ $# -gt 0 ] || set -- reqwest,rustls
for features in "$@"; do
  rm -rf "$program"/* && mkdir "$program/src"
  cat >"$program/Cargo.toml" <<END
[package]
name = "minimal"
version = "0.0.0"
edition = "2024"

[dependencies]
aliyun-ecs = { path = "$root", default-features = false, features = ["${features//,/\", \"}"] }
tokio = { version = "1", features = ["macros", "rt"] }

[workspace]
END
  cat >"$program/src/main.rs" <<'END'
use aliyun_ecs::{Client, ModifyPrepayInstanceSpecRequest};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::from_env()?;
    let request = ModifyPrepayInstanceSpecRequest::builder("i-example", "ecs.g7.large").build()?;
    let response = client.modify_prepay_instance_spec(request).await?;
    println!("{response:?}");
    Ok(())
}
END
  cp "$root/Cargo.lock" "$program/"
  export CARGO_TARGET_DIR="$program/target"
  cargo fetch --quiet --manifest-path "$program/Cargo.toml"
  TIMEFORMAT='%U %S'
  { time cargo build --release --offline --manifest-path "$program/Cargo.toml" 2>"$program/log"; } 2>"$program/time" ||
    { cat "$program/log" >&2; exit 1; }
  awk -v features="$features" -v crates="$(grep -c '^ *Compiling' "$program/log")" \
    '{ printf "%s: %d crates, %.0f s of CPU (%.0f user, %.0f system)\n", features, crates, $1 + $2, $1, $2 }' "$program/time"
done
