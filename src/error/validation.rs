//! Violations of a request. Nothing was sent.

use std::fmt;

use super::OneLine;
use crate::types::{InvalidValue, shorten, shown};

/// A request is invalid. It lists every violation, and nothing was sent.
///
/// ```
/// use aliyun_ecs::ModifyPrepayInstanceSpecRequest;
///
/// let error = ModifyPrepayInstanceSpecRequest::builder("i-bp67acfmxazb4ph****", "g5.xlarge")
///     .build()
///     .unwrap_err();
/// let parameters: Vec<_> = error.violations().iter().map(|v| v.parameter()).collect();
/// assert_eq!(parameters, ["InstanceId", "InstanceType"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid request: {}", List(violations))]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ValidationError {
    violations: Vec<Violation>,
}

impl ValidationError {
    /// An error with one violation, for tests of your own code.
    ///
    /// ```
    /// use aliyun_ecs::ValidationError;
    ///
    /// let error = ValidationError::new("InstanceId", "i 1", "holds ' '")
    ///     .with_violation("InstanceType", "", "must not be empty");
    /// assert_eq!(error.violations().len(), 2);
    /// ```
    pub fn new(parameter: &str, value: &str, problem: impl Into<String>) -> Self {
        Self::single(parameter, value, problem)
    }

    /// Adds a violation.
    #[must_use]
    pub fn with_violation(
        mut self,
        parameter: &str,
        value: &str,
        problem: impl Into<String>,
    ) -> Self {
        self.violations
            .push(Violation::new(parameter, value, problem));
        self
    }

    pub(crate) fn single(parameter: &str, value: &str, problem: impl Into<String>) -> Self {
        Self {
            violations: vec![Violation::new(parameter, value, problem)],
        }
    }

    /// The violations, in the order of the API's parameters; never empty.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }
}

/// All violations on one line.
struct List<'a>(&'a [Violation]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, violation) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            violation.fmt(f)?;
        }
        Ok(())
    }
}

/// One violation of a request.
///
/// ```
/// use aliyun_ecs::ModifyPrepayInstanceSpecRequest;
///
/// let request = ModifyPrepayInstanceSpecRequest::builder("i-1", "g5.xlarge");
/// let error = request.build().unwrap_err();
/// let violation = &error.violations()[0];
/// assert_eq!(violation.parameter(), "InstanceType");
/// assert_eq!(violation.value(), "g5.xlarge");
/// assert!(violation.problem().starts_with("must begin with"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Violation {
    parameter: String,
    value: String,
    problem: String,
}

impl Violation {
    fn new(parameter: &str, value: &str, problem: impl Into<String>) -> Self {
        Self {
            parameter: shorten(parameter, 80).into_owned(),
            value: shown(value).into_owned(),
            problem: problem.into(),
        }
    }

    /// The API's name of the parameter, for instance `InstanceId` or `Disk.1.Category`.
    pub fn parameter(&self) -> &str {
        &self.parameter
    }

    /// The rejected value, shortened if it is long, and not shown if it may be a secret; empty if there was none.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// What is wrong and what is expected, as the rest of a sentence that begins with the value.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {:?} {}",
            OneLine(&self.parameter),
            self.value,
            OneLine(&self.problem)
        )
    }
}

/// Collects violations, so that a builder can report all of them.
#[derive(Debug, Default)]
pub(crate) struct Violations(Vec<Violation>);

impl Violations {
    pub(crate) fn add(&mut self, parameter: &str, value: &str, problem: impl Into<String>) {
        self.0.push(Violation::new(parameter, value, problem));
    }

    /// The value, or `None` with a violation added.
    pub(crate) fn check<T>(
        &mut self,
        parameter: &str,
        result: Result<T, InvalidValue>,
    ) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(invalid) => {
                self.add(parameter, invalid.value(), invalid.problem());
                None
            }
        }
    }

    /// The same for an optional value.
    pub(crate) fn check_optional<T>(
        &mut self,
        parameter: &str,
        result: Option<Result<T, InvalidValue>>,
    ) -> Option<T> {
        result.and_then(|result| self.check(parameter, result))
    }

    /// The string of a wire enum must not be empty.
    pub(crate) fn check_text(&mut self, parameter: &str, text: Option<&str>) {
        if text.is_some_and(str::is_empty) {
            self.add(parameter, "", "must not be empty; leave it out instead");
        }
    }

    /// Adds the violations of `other`.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    /// Adds those of a request with the same parameters, except where a parameter has one already.
    pub(crate) fn merge(&mut self, error: ValidationError) {
        let mut added = error.violations;
        added.retain(|it| !self.0.iter().any(|known| known.parameter == it.parameter));
        self.0.append(&mut added);
    }

    /// The value, if it is present and there are no violations.
    pub(crate) fn finish<T>(self, value: Option<T>) -> Result<T, ValidationError> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            Some(_) | None => Err(self.into_error()),
        }
    }

    /// The error with all violations.
    pub(crate) fn into_error(self) -> ValidationError {
        ValidationError { violations: self.0 }
    }

    /// An error if there are violations.
    pub(crate) fn into_result(self) -> Result<(), ValidationError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(self.into_error())
        }
    }
}
