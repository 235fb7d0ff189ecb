//! Thread groups: what they do becomes a scenario, and how many they are the load.

use std::time::Duration;

use super::Reading;
use super::element::{Item, property, text};
use super::scope::Scope;
use crate::import::draft::{MINUTE, Steps, ramped};
use crate::plan::words::Between;
use crate::plan::{Failing, LoadPlan, Model};

/// A thread group's load.
#[derive(Clone, Debug)]
pub(super) struct Group {
    users: u32,
    ramp: Duration,
    hold: Option<Duration>,
    /// Requests a second, if a timer says so, and where it says it.
    rate: Option<f64>,
    requests: f64,
    line: usize,
    shown: String,
}

/// Whether it is a kind of thread group.
pub(super) fn is_group(kind: &str) -> bool {
    kind.ends_with("ThreadGroup")
}

impl Reading<'_> {
    /// A thread group.
    pub(super) fn group(&mut self, item: &Item<'_>, scope: &Scope) {
        match item.kind() {
            "SetupThreadGroup" | "PostThreadGroup" => {
                let instead = "run what prepares and cleans up beside the test, or make it steps of a scenario";
                return self.not(item, "nothing is done once before or after a test", instead);
            }
            _ => {}
        }
        self.groups.push(Group {
            users: 1,
            ramp: Duration::ZERO,
            hold: None,
            rate: None,
            requests: 0.0,
            line: item.line(),
            shown: item.shown(),
        });
        let mut steps = Steps::default();
        self.walk(&item.inner, scope, &mut steps);
        let known = self.numbers(item);
        if let Some(group) = self.groups.last_mut() {
            group.requests = steps.steps.iter().map(|step| f64::from(step.repeat)).sum();
        }
        match item.text("ThreadGroup.on_sample_error").trim() {
            "" | "continue" => steps.steps.iter_mut().for_each(|step| step.on_error = Failing::GoOn),
            "startnextloop" => {}
            other => {
                let why = format!("after an error a scenario ends or goes on; here is `{other}`");
                self.not(
                    item,
                    &why,
                    "the scenario ends, and the user begins again; set a threshold with `abort_after` to end the test",
                );
            }
        }
        let users = self.groups.last().map_or(1, |group| group.users);
        let name = if item.name().is_empty() { "users" } else { item.name() };
        self.draft.scenario(name, users, steps);
        if known {
            self.draft.taking.took();
        }
    }

    /// How many users there are, and how long; whether that was known.
    fn numbers(&mut self, item: &Item<'_>) -> bool {
        let words = self.words.clone();
        let seconds =
            |name: &str| words.number(item.text(name)).map(|seconds| Duration::from_secs_f64(seconds.min(86_400.0)));
        let (users, ramp, hold) = match item.kind() {
            "ThreadGroup" | "OpenModelThreadGroup" => {
                let hold = item.is_true("ThreadGroup.scheduler").then(|| seconds("ThreadGroup.duration")).flatten();
                let ramp = seconds("ThreadGroup.ramp_time").unwrap_or_default();
                // JMeter counts its duration from the beginning, and the way up belongs to it.
                (words.number(item.text("ThreadGroup.num_threads")), ramp, hold.map(|hold| hold.saturating_sub(ramp)))
            }
            "ConcurrencyThreadGroup" | "com.blazemeter.jmeter.threads.concurrency.ConcurrencyThreadGroup" => {
                let unit = if item.text("Unit").trim() == "S" { 1 } else { 60 };
                let ramp = seconds("RampUp").unwrap_or_default() * unit;
                (words.number(item.text("TargetLevel")), ramp, seconds("Hold").map(|hold| hold * unit))
            }
            _ => (words.number(item.text("ThreadGroup.num_threads")), Duration::ZERO, None),
        };
        let plain = matches!(item.kind(), "ThreadGroup" | "ConcurrencyThreadGroup");
        if let Some(group) = self.groups.last_mut() {
            group.users = users.map_or(1, |users| users.clamp(1.0, 1e6) as u32);
            (group.ramp, group.hold) = (ramp, hold);
        }
        if !plain {
            self.not(item, "its schedule is not understood", "its steps are a scenario; set [load] of the plan");
        } else if users.is_none() {
            self.not(
                item,
                "how many threads it has is not known before the run",
                "one user was put; set [load] of the plan",
            );
        } else if hold.is_none() {
            let loops = property(item.element, "ThreadGroup.main_controller")
                .map_or("", |control| text(control, "LoopController.loops"));
            let loops = if loops.is_empty() { "a number of" } else { loops };
            let why = format!("a test lasts a time, not {loops} rounds");
            self.not(item, &why, "one minute was put after the way up; set `load.phases`");
        } else {
            return true;
        }
        false
    }

    /// A timer that holds a rate.
    pub(super) fn throughput(&mut self, item: &Item<'_>) {
        let each_minute = match item.kind() {
            "ConstantThroughputTimer" => {
                // The number is kept as a text, a double with its value inside, or one with a saved value.
                let own = property(item.element, "throughput");
                let inside = own.and_then(|own| own.child("value")).map_or("", |value| value.text.as_str());
                let written = if inside.trim().is_empty() { item.text("throughput") } else { inside };
                self.words.number(written)
            }
            _ => {
                let period = self.words.number(item.text("throughputPeriod")).filter(|period| *period > 0.0);
                let count = property(item.element, "throughput")
                    .map_or("", |own| own.child("value").map_or(own.text.as_str(), |value| value.text.as_str()));
                self.words.number(count).zip(period).map(|(count, period)| count * 60.0 / period)
            }
        };
        match (each_minute, self.groups.last_mut()) {
            (Some(rate), Some(group)) if rate > 0.0 => {
                let this_thread =
                    item.kind() == "ConstantThroughputTimer" && matches!(item.text("calcMode").trim(), "" | "0");
                group.rate = Some(rate / 60.0 * if this_thread { -1.0 } else { 1.0 });
                self.draft.taking.took();
            }
            _ => self.not(
                item,
                "its rate is not known before the run, or stands outside of a thread group",
                "set `load.rate`",
            ),
        }
    }

    /// The load of all groups together.
    pub(super) fn load(&mut self) {
        let groups = std::mem::take(&mut self.groups);
        let Some(first) = groups.first() else { return };
        let users: u32 = groups.iter().map(|group| group.users).fold(0, u32::saturating_add);
        let ramp = groups.iter().map(|group| group.ramp).max().unwrap_or_default();
        let hold = groups.iter().filter_map(|group| group.hold).max();
        for other in &groups[1..] {
            if other.ramp != first.ramp || other.hold != first.hold {
                let why = "all scenarios share one schedule, and this group has another than the first";
                self.draft.taking.not(other.shown.clone(), other.line, why, "the longest was put for all");
            }
        }
        // A rate of each thread was noted as a negative one, before it was known how many there are.
        let scenarios = |group: &Group| {
            let rate = group.rate?;
            let all = if rate < 0.0 { -rate * f64::from(group.users) } else { rate };
            Some(all / group.requests.max(1.0))
        };
        let rates: Vec<_> = groups.iter().filter_map(scenarios).collect();
        let model = if !rates.is_empty() && rates.len() == groups.len() {
            Model::Open { rate: (rates.iter().sum::<f64>() * 1000.0).round() / 1000.0, in_flight: users.clamp(1, 900) }
        } else {
            if let Some(group) = groups.iter().find(|group| group.rate.is_some()) {
                let why = "a plan has a rate or users, and other groups have users";
                self.draft.taking.not(
                    format!("throughput of {}", group.shown),
                    group.line,
                    why,
                    "users were put for all",
                );
            }
            // Users of JMeter do not wait between rounds.
            Model::Closed { users, think: Between::exactly(Duration::ZERO) }
        };
        self.draft.plan.load = LoadPlan { model, phases: ramped(ramp, hold.unwrap_or(MINUTE)) };
    }
}
