//! The validation of all settings of a resize.

use super::{MIN_POLL_INTERVAL, ResizeBuilder};
use crate::error::{ValidationError, Violations};
use crate::resize::settings::{Resize, Restart, StopPolicy};
use crate::types::{ClientToken, InstanceId, InstanceType, MinuteTime, RegionId};
use rust_decimal::Decimal;

impl ResizeBuilder {
    /// Checks all settings. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`ValidationError`] lists every violation.
    pub fn build(self) -> Result<Resize, ValidationError> {
        // What depends on the direction is a check of the plan.
        let order = self.order(&self.instance_type, None, true);
        let mut violations = Violations::default();
        let region_id = self.region_id.map(RegionId::new);
        let region_id = violations.check_optional("RegionId", region_id);
        let instance_id = violations.check("InstanceId", InstanceId::new(&*self.instance_id));
        let instance_type = InstanceType::new(&*self.instance_type);
        let instance_type = violations.check("InstanceType", instance_type);
        let candidates = self.candidates.iter();
        let candidates = candidates
            .filter_map(|candidate| violations.check("candidates", InstanceType::new(&**candidate)))
            .collect();
        let own_token = self.own_token && self.client_token.is_some();
        let client_token = match self.client_token {
            Some(own) => violations.check("ClientToken", ClientToken::new(own)),
            None => Some(ClientToken::random()),
        };
        if let (Some(key), Some(token)) = (&self.resume, &client_token)
            && key.client_token() != token
        {
            let problem = "is not the token of the resume key";
            violations.add("ClientToken", token.as_str(), problem);
        }
        if let (Some(key), Some(region)) = (&self.resume, &region_id)
            && key.region_id() != region
        {
            let problem = "is not the region of the resume key";
            violations.add("RegionId", region.as_str(), problem);
        }
        let reboot_time = match self.restart {
            Restart::At(time) => violations.check("RebootTime", MinuteTime::new(time)),
            Restart::WhenNeeded | Restart::Never => None,
        };
        let end_time = self.end_time.map(MinuteTime::new);
        let end_time = violations.check_optional("EndTime", end_time);
        if let Some(price) = self.max_price.filter(Decimal::is_sign_negative) {
            violations.add("max_price", &price.to_string(), "must not be negative");
        }
        if self.poll_interval < MIN_POLL_INTERVAL {
            let value = format!("{:?}", self.poll_interval);
            violations.add("poll_interval", &value, "must be at least 1 s");
        }
        if self.timeout.is_zero() {
            violations.add("timeout", "0", "must be greater than zero");
        }
        let contradiction = match (self.stop_policy, self.restart) {
            (StopPolicy::Deny, _) => Some("contradicts the stop policy `Deny`"),
            (_, Restart::Never) => Some("contradicts the restart `Never`"),
            (_, Restart::At(_)) => Some("contradicts the restart `At`"),
            (StopPolicy::Allow, Restart::WhenNeeded) => None,
        };
        if let Some(problem) = contradiction.filter(|_| self.stop_first) {
            violations.add("stop_first", "true", problem);
        }
        if let Err(error) = order.build() {
            violations.merge(error);
        }
        let (Some(instance_id), Some(instance_type), Some(client_token)) =
            (instance_id, instance_type, client_token)
        else {
            return Err(violations.into_error());
        };
        let resize = Resize {
            instance_id,
            instance_type,
            candidates,
            region_id,
            client_token,
            own_token,
            restart: self.restart,
            reboot_time,
            stop_policy: self.stop_policy,
            stop_first: self.stop_first,
            stop_again: self.stop_again,
            force_stop_after: self.force_stop_after,
            restart_on_failure: self.restart_on_failure,
            max_price: self.max_price,
            auto_pay: self.auto_pay,
            migrate_across_zone: self.migrate_across_zone,
            end_time,
            system_disk_category: self.system_disk_category,
            disks: self.disks,
            poll_interval: self.poll_interval,
            timeout: self.timeout,
            resume: self.resume,
            accepted: self.accepted,
        };
        if let Some(key) = resize.resume.as_ref().filter(|key| !key.is_ordered()) {
            for setting in key.terms.missing(&resize) {
                let problem = "is missing: the order of the run that printed the resume key has it; set it again, or use \
                               `to_builder().resume_key(key)` of the first `Resize`";
                violations.add(setting, "", problem);
            }
        }
        violations.finish(Some(resize))
    }
}
