//! The instances and their past states: reads of the real service are not always up to date.

use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, VecDeque};

use super::instance::SimulatedInstance;

/// All instances, by id.
#[derive(Default)]
pub(super) struct Fleet {
    current: BTreeMap<String, SimulatedInstance>,
    /// Past states of each instance, and until when they were current. Kept only if reads are stale.
    past: BTreeMap<String, VecDeque<(DateTime<Utc>, SimulatedInstance)>>,
    /// The age of the state that reads return.
    pub(super) lag: TimeDelta,
}

impl Fleet {
    pub(super) fn get(&self, instance_id: &str) -> Option<&SimulatedInstance> {
        self.current.get(instance_id)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &SimulatedInstance> {
        self.current.values()
    }

    /// The state of the instance that a read at this time returns.
    pub(super) fn seen(&self, instance_id: &str, now: DateTime<Utc>) -> Option<&SimulatedInstance> {
        self.current.get(instance_id).map(|it| self.before(it, now))
    }

    /// The states of all instances that a read at this time returns.
    pub(super) fn all_seen(&self, now: DateTime<Utc>) -> impl Iterator<Item = &SimulatedInstance> {
        self.current.values().map(move |it| self.before(it, now))
    }

    fn before<'a>(
        &'a self,
        current: &'a SimulatedInstance,
        now: DateTime<Utc>,
    ) -> &'a SimulatedInstance {
        let Some(past) = self.past.get(&current.instance_id) else {
            return current;
        };
        let Some(then) = now.checked_sub_signed(self.lag) else {
            return past.front().map_or(current, |(_, it)| it);
        };
        let shown = past.iter().find(|(until, _)| *until > then);
        shown.map_or(current, |(_, it)| it)
    }

    /// Adds or replaces an instance.
    pub(super) fn insert(&mut self, instance: SimulatedInstance, now: DateTime<Utc>) {
        let instance_id = instance.instance_id.clone();
        self.keep(&instance_id, now);
        self.current.insert(instance_id, instance);
    }

    /// Removes an instance; returns whether there was one.
    pub(super) fn remove(&mut self, instance_id: &str) -> bool {
        self.past.remove(instance_id);
        self.current.remove(instance_id).is_some()
    }

    /// Changes an instance at this time.
    pub(super) fn change(
        &mut self,
        instance_id: &str,
        time: DateTime<Utc>,
    ) -> Option<&mut SimulatedInstance> {
        self.keep(instance_id, time);
        self.current.get_mut(instance_id)
    }

    /// Keeps the state of the instance until this time, as long as reads may return it.
    fn keep(&mut self, instance_id: &str, time: DateTime<Utc>) {
        if self.lag <= TimeDelta::zero() {
            self.past.clear();
            return;
        }
        let Some(instance) = self.current.get(instance_id) else {
            return;
        };
        let past = self.past.entry(instance_id.to_owned()).or_default();
        past.push_back((time, instance.clone()));
        let oldest = time.checked_sub_signed(self.lag);
        while past
            .front()
            .is_some_and(|(until, _)| oldest.is_some_and(|oldest| *until <= oldest))
        {
            past.pop_front();
        }
    }
}
