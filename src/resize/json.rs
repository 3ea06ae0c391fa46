//! The JSON of resize keys, resizes, events, reports and errors, with the feature `serde`. The guide `services` shows it.

use std::sync::Arc;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::builder::ResizeBuilder;
use super::error::{Progress, ResizeError};
use super::error_kind::ResizeErrorKind;
use super::event::{ResizeEvent, ResizeEventKind};
use super::fleet::{FleetEvent, FleetReport};
use super::key::ResumeKey;
use super::quote::Quote;
use super::report::{Completion, ResizeReport};
use super::settings::Resize;
use super::step::Step;
use crate::error::{ErrorCategory, ErrorCode, Outcome};
use crate::types::{ClientToken, InstanceId, InstanceType, RegionId, seconds};

/// As the string that [`Display`](std::fmt::Display) prints.
impl Serialize for ResumeKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ResumeKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let key = String::deserialize(deserializer)?;
        key.parse().map_err(D::Error::custom)
    }
}

/// Uses the builder: an invalid setting is an error. A setting that is absent has its default.
impl<'de> Deserialize<'de> for Resize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let builder = ResizeBuilder::deserialize(deserializer)?;
        builder.build().map_err(D::Error::custom)
    }
}

impl Serialize for ResizeEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Fields<'a> {
            instance_id: &'a InstanceId,
            region_id: &'a RegionId,
            #[serde(flatten)]
            kind: &'a ResizeEventKind,
            resume_key: &'a ResumeKey,
        }
        let fields = Fields {
            instance_id: self.instance_id(),
            region_id: self.region_id(),
            kind: self.kind(),
            resume_key: self.resume_key(),
        };
        fields.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ResizeEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Fields {
            #[serde(flatten)]
            kind: ResizeEventKind,
            resume_key: ResumeKey,
        }
        let fields = Fields::deserialize(deserializer)?;
        Ok(Self::new(fields.resume_key, fields.kind))
    }
}

/// A step of a report, and how long it took.
#[derive(Serialize, Deserialize)]
struct StepDone {
    step: Step,
    #[serde(with = "seconds")]
    elapsed: Duration,
}

impl Serialize for ResizeReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Fields<'a> {
            instance_id: &'a InstanceId,
            region_id: &'a RegionId,
            from: &'a InstanceType,
            to: &'a InstanceType,
            #[serde(flatten)]
            completion: Completion,
            order_id: Option<&'a str>,
            quote: Option<&'a Quote>,
            #[serde(with = "seconds")]
            elapsed: Duration,
            steps: Vec<StepDone>,
            restarted: bool,
            resume_key: &'a ResumeKey,
        }
        let steps = self.steps.iter().copied();
        let fields = Fields {
            instance_id: self.instance_id(),
            region_id: self.region_id(),
            from: self.from(),
            to: self.to(),
            completion: self.completion(),
            order_id: self.order_id(),
            quote: self.quote(),
            elapsed: self.elapsed(),
            steps: steps
                .map(|(step, elapsed)| StepDone { step, elapsed })
                .collect(),
            restarted: self.restarted(),
            resume_key: self.resume_key(),
        };
        fields.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ResizeReport {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Fields {
            #[serde(flatten)]
            completion: Completion,
            order_id: Option<String>,
            quote: Option<Quote>,
            #[serde(with = "seconds")]
            elapsed: Duration,
            steps: Vec<StepDone>,
            restarted: bool,
            resume_key: ResumeKey,
        }
        let fields = Fields::deserialize(deserializer)?;
        let steps = fields.steps.into_iter();
        Ok(Self {
            resume_key: fields.resume_key,
            completion: fields.completion,
            order_id: fields.order_id,
            quote: fields.quote,
            elapsed: fields.elapsed,
            steps: steps.map(|it| (it.step, it.elapsed)).collect(),
            restarted: fields.restarted,
        })
    }
}

/// The line of `{}` as `message`, what the methods return, and the fields of the kind as `details`.
impl Serialize for ResizeError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Fields<'a> {
            message: String,
            instance_id: &'a InstanceId,
            region_id: &'a RegionId,
            category: ErrorCategory,
            outcome: Outcome,
            retryable: bool,
            code: Option<&'a ErrorCode>,
            request_id: Option<&'a str>,
            client_token: Option<&'a ClientToken>,
            #[serde(with = "seconds::optional")]
            retry_after: Option<Duration>,
            #[serde(flatten)]
            kind: &'a ResizeErrorKind,
            progress: Option<&'a Progress>,
        }
        let fields = Fields {
            message: self.to_string(),
            instance_id: self.instance_id(),
            region_id: self.region_id(),
            category: self.category(),
            outcome: self.outcome(),
            retryable: self.is_retryable(),
            code: self.code(),
            request_id: self.request_id(),
            client_token: self.client_token(),
            retry_after: self.retry_after(),
            kind: self.kind(),
            progress: self.progress(),
        };
        fields.serialize(serializer)
    }
}

/// `{"resize": event}` or `{"failed": error}`.
impl Serialize for FleetEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "snake_case")]
        enum Fields<'a> {
            Resize(&'a ResizeEvent),
            Failed(&'a ResizeError),
        }
        match self {
            Self::Resize(event) => Fields::Resize(event).serialize(serializer),
            Self::Failed(error) => Fields::Failed(error).serialize(serializer),
        }
    }
}

fn errors(ended: &[(InstanceId, Arc<ResizeError>)]) -> Vec<&ResizeError> {
    ended.iter().map(|(_, error)| &**error).collect()
}

impl Serialize for FleetReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Fields<'a> {
            total_price: Vec<Quote>,
            finished: &'a [ResizeReport],
            failed: Vec<&'a ResizeError>,
            cancelled: Vec<&'a ResizeError>,
            not_begun: &'a [Resize],
        }
        let fields = Fields {
            total_price: self.total_price(),
            finished: self.finished(),
            failed: errors(self.failed()),
            cancelled: errors(self.cancelled()),
            not_begun: self.not_begun(),
        };
        fields.serialize(serializer)
    }
}
