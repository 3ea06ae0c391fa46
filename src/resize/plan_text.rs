//! What a person reads of a plan before confirming it.

use std::fmt;

use super::checks::CheckResult;
use super::facts::Fact;
use super::plan::ResizePlan;
use super::quote::Money;
use super::step::{Direction, Minute, Step};
use super::target::Target;
use crate::operation::InstanceTypeInfo;
use crate::types::{InstanceStatus, one_line};

impl ResizePlan {
    fn interruption(&self) -> String {
        let has = |step| self.steps.contains(&step);
        if has(Step::Stop) {
            "stopped from before the order until it is started again, some minutes".into()
        } else if has(Step::Start) {
            "stopped until it is started again, some minutes".into()
        } else if has(Step::Restart) {
            "one restart".into()
        } else if let Some(time) = self.facts.resize.reboot_time
            && self.facts.was_running
        {
            let time = Minute(time.to_datetime());
            format!("one restart, by the service, at {time}")
        } else {
            "none".into()
        }
    }

    /// The lines that a person reads, without line breaks in them.
    fn lines(&self) -> Vec<String> {
        let mut table = Table::default();
        let instance = self.instance();
        let name = instance.instance_name.as_deref().unwrap_or_default();
        let status = instance.status.as_ref().map_or("", InstanceStatus::as_str);
        let zone = instance
            .zone_id
            .as_deref()
            .unwrap_or(self.region_id().as_str());
        table.add(
            "instance",
            format!("{}  {name}  {status} in {zone}", instance.instance_id),
        );
        if self.facts.target == Target::Current {
            table.add("change", format!("none: it is {} already", self.to()));
            return table.lines;
        }
        let (from, to) = (self.from().as_str(), self.to().as_str());
        let width = from.len().max(to.len());
        let [from_size, to_size] = match self.facts.types.known() {
            Some([from, to]) => [size(from), size(to)],
            None => [None, None],
        };
        let head = self
            .direction()
            .map_or("change".into(), |it| it.to_string());
        table.add(
            &head,
            format!("from  {from:width$}  {}", from_size.unwrap_or_default()),
        );
        table.add(
            "",
            format!("to    {to:width$}  {}", to_size.unwrap_or_default()),
        );
        table.add("price", self.price());
        let steps = self.steps.iter().zip(1..);
        table.list("steps", &mut steps.map(|(step, n)| format!("{n}. {step}")));
        table.add("interruption", self.interruption());
        for (head, kind) in [
            ("BLOCKED", "blocked"),
            ("warnings", "warning"),
            ("unknown", "unknown"),
        ] {
            let found = self
                .checks
                .iter()
                .filter(|check| check.result.as_str() == kind);
            let texts = found.filter_map(|check| check.result.text());
            table.list(head, &mut texts.map(|text| format!("- {text}")));
        }
        let passed = self
            .checks
            .iter()
            .filter(|check| check.result == CheckResult::Passed);
        table.add("checks", format!("{} passed", passed.count()));
        table.add("client token", self.client_token().to_string());
        table.lines
    }

    fn price(&self) -> String {
        let is_refunded = self.direction() == Some(Direction::Downgrade);
        let quote = match &self.facts.quote {
            Fact::Known(quote) => quote,
            Fact::NotNeeded if is_refunded => {
                return "not quoted for a downgrade: the difference is refunded".into();
            }
            Fact::NotNeeded | Fact::Unknown(_) => return "unknown".into(),
        };
        let mut text = quote.to_string();
        let reduced = quote.original.filter(|original| *original != quote.price);
        if let Some(original) = reduced {
            text += &format!(" (reduced from {})", Money(original));
        }
        if let Some(image) = quote.marketplace_image.filter(|image| !image.is_zero()) {
            text += &format!(", of which {} for the marketplace image", Money(image));
        }
        if let Some(end) = self.instance().expired_time {
            text += &format!(", until {}", end.date_naive());
        }
        text
    }
}

fn size(info: &Option<InstanceTypeInfo>) -> Option<String> {
    let info = info.as_ref()?;
    let memory = info.memory_gib?.normalize();
    Some(format!("{} vCPU  {memory} GiB", info.cpu_core_count?))
}

/// Lines with a heading each. Values from the service cannot add a line.
#[derive(Default)]
struct Table {
    lines: Vec<String>,
}

impl Table {
    fn add(&mut self, head: &str, text: String) {
        let line = format!("{head:<12}  {}", one_line(&text));
        self.lines.push(line.trim_end().to_owned());
    }

    fn list(&mut self, mut head: &str, texts: &mut dyn Iterator<Item = String>) {
        for text in texts {
            self.add(head, text);
            head = "";
        }
    }
}

impl fmt::Display for ResizePlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines().join("\n"))
    }
}
