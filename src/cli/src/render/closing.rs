//! The closing lines: the very words that scripts look for.

use std::time::Duration;

use infra_engine::event::Outcome;

use super::plural::{CALLS, RESOURCES, counted};
use super::report::{Counts, Report};

/// `Plan: 3 to add, 1 to change, 0 to destroy.`, or `No changes.` and a sentence.
pub fn plan_closing(report: &Report) -> String {
    let Counts { add, change, destroy } = report.counts;
    if report.changes.is_empty() {
        let uncompared = report.notes.iter().filter(|note| note.about == "unreadable").count();
        let but = match uncompared {
            0 => String::new(),
            count => format!(" {} could not be compared: see above.", counted(count, RESOURCES)),
        };
        return match report.unchanged {
            _ if !report.stops.is_empty() => "This plan cannot be applied.".to_owned(),
            0 if uncompared > 0 => format!("No changes.{but}"),
            1 if uncompared > 0 => format!("No changes. One resource stands as the code says.{but}"),
            count if uncompared > 0 => format!("No changes. {count} resources stand as the code says.{but}"),
            0 => "No changes. Nothing is defined, and nothing of ours is live.".to_owned(),
            1 => "No changes. The one resource stands as the code says.".to_owned(),
            count => format!("No changes. All {count} resources stand as the code says."),
        };
    }
    format!("Plan: {add} to add, {change} to change, {destroy} to destroy.")
}

/// `Apply complete! Resources: 3 added, 1 changed, 0 destroyed.`
pub fn apply_complete(outcome: &Outcome) -> String {
    let Outcome { added, changed, destroyed, .. } = outcome;
    format!("Apply complete! Resources: {added} added, {changed} changed, {destroyed} destroyed.")
}

/// What was done of an apply that did not end well.
pub fn apply_incomplete(outcome: &Outcome) -> String {
    let Outcome { added, changed, destroyed, failed, not_started, abandoned, interrupted: _ } = outcome;
    format!(
        "Apply incomplete. Resources: {added} added, {changed} changed, {destroyed} destroyed; \
         {failed} failed, {not_started} not started, {abandoned} left waiting."
    )
}

/// `Destroy complete! Resources: 3 destroyed.`
pub fn destroy_complete(outcome: &Outcome) -> String {
    format!("Destroy complete! Resources: {} destroyed.", outcome.destroyed)
}

/// `105 resources · 41 calls · 0.9 s`
pub fn cost(resources: usize, calls: usize, elapsed: Duration) -> String {
    format!("{} · {} · {:.1} s", counted(resources, RESOURCES), counted(calls, CALLS), elapsed.as_secs_f64())
}

/// `45s`, `2m05s`, `1h02m`.
pub fn elapsed(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m{seconds:02}s"),
        (hours, minutes, _) => format!("{hours}h{minutes:02}m"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_word_for_word() {
        let outcome = Outcome { added: 3, changed: 1, destroyed: 2, ..Outcome::default() };
        assert_eq!(apply_complete(&outcome), "Apply complete! Resources: 3 added, 1 changed, 2 destroyed.");
        assert_eq!(destroy_complete(&outcome), "Destroy complete! Resources: 2 destroyed.");
        assert_eq!(cost(105, 41, Duration::from_millis(912)), "105 resources · 41 calls · 0.9 s");
    }

    #[test]
    fn durations_are_short() {
        let shown = [5, 65, 3725].map(|seconds| elapsed(Duration::from_secs(seconds)));
        assert_eq!(shown, ["5s", "1m05s", "1h02m"]);
    }
}
