//! How many tasks a rate needs, from knees that were measured.

use std::fmt;

/// A knee, and how many tasks there were.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Knee {
    /// The highest rate that held, in requests a second.
    pub rate: f64,
    /// The tasks that ran then.
    pub tasks: u32,
}

/// What one task carries.
#[derive(Clone, Debug, PartialEq)]
pub struct Capacity {
    /// The knees, by their number of tasks.
    knees: Vec<Knee>,
    /// The share of its knee that a task is loaded with: 0.7.
    load: f64,
}

/// A task is planned with this share of what it can bear, so that one that is lost does not break the others.
pub const LOAD: f64 = 0.7;

impl Capacity {
    /// Capacity from one knee or several with different numbers of tasks. None without any that holds something.
    pub fn of(knees: &[Knee], load: f64) -> Option<Capacity> {
        let mut knees: Vec<_> = knees.iter().filter(|knee| knee.rate > 0.0 && knee.tasks > 0).copied().collect();
        knees.sort_by_key(|knee| knee.tasks);
        (!knees.is_empty() && load > 0.0 && load <= 1.0).then_some(Capacity { knees, load })
    }

    /// What one task of as many carries at its knee: as in the measurement with the next larger number, else as in the
    /// largest there was, and from there on falling as it fell between the last two.
    pub fn per_task(&self, tasks: u32) -> f64 {
        let each = |knee: &Knee| knee.rate / f64::from(knee.tasks);
        if let Some(knee) = self.knees.iter().find(|knee| knee.tasks >= tasks) {
            return each(knee);
        }
        let last = self.knees[self.knees.len() - 1];
        match self.knees.len().checked_sub(2).map(|place| self.knees[place]) {
            Some(before) if each(&before) > each(&last) && before.tasks < last.tasks => {
                let doublings = (f64::from(last.tasks) / f64::from(before.tasks)).log2();
                let kept = (each(&last) / each(&before)).powf(1.0 / doublings);
                each(&last) * kept.powf((f64::from(tasks) / f64::from(last.tasks)).log2())
            }
            _ => each(&last),
        }
    }

    /// The tasks that a rate needs. None where no number up to ten thousand is enough.
    pub fn tasks(&self, rate: f64) -> Option<u32> {
        (1..=10_000).find(|tasks| f64::from(*tasks) * self.per_task(*tasks) * self.load >= rate)
    }

    /// Whether as many tasks are more than were measured, so that the number is carried on from what was.
    pub fn is_beyond(&self, tasks: u32) -> bool {
        self.knees.iter().all(|knee| knee.tasks < tasks)
    }
}

/// The tasks for some rates, as lines of text.
pub struct Table<'c> {
    /// The capacity.
    pub capacity: &'c Capacity,
    /// The rates, in requests a second.
    pub rates: &'c [f64],
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Table { capacity, rates } = self;
        write!(out, "tasks, each loaded to {:.0} % of its knee", capacity.load * 100.0)?;
        for rate in *rates {
            match capacity.tasks(*rate) {
                None => write!(out, "\n{rate:>10.0}/s  no number of tasks is enough: what one carries falls too fast")?,
                Some(tasks) => {
                    write!(out, "\n{rate:>10.0}/s  {tasks}")?;
                    if capacity.is_beyond(tasks) {
                        out.write_str("  (more than were measured: carried on, measure before you rely on it)")?;
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_knee_is_carried_on_in_a_line() {
        let capacity = Capacity::of(&[Knee { rate: 400.0, tasks: 2 }], LOAD).unwrap();
        for rate in [1.0, 140.0, 141.0, 1000.0, 9999.0] {
            assert_eq!(capacity.tasks(rate), Some((rate / (0.7 * 200.0)).ceil() as u32), "{rate}");
        }
        assert!(capacity.is_beyond(3) && !capacity.is_beyond(2));
    }

    #[test]
    fn tasks_that_carry_less_the_more_there_are_are_counted_so() {
        let knees = [Knee { rate: 640.0, tasks: 4 }, Knee { rate: 200.0, tasks: 1 }, Knee { rate: 360.0, tasks: 2 }];
        let capacity = Capacity::of(&knees, 1.0).unwrap();
        assert_eq!((capacity.per_task(1), capacity.per_task(2), capacity.per_task(3)), (200.0, 180.0, 160.0));
        let doubled = capacity.per_task(8);
        assert!((doubled - 160.0 * 160.0 / 180.0).abs() < 1e-9, "each doubling costs a ninth more: {doubled}");
        assert_eq!((capacity.tasks(360.0), capacity.tasks(361.0)), (Some(2), Some(3)));
    }

    #[test]
    fn nothing_is_made_of_nothing() {
        assert_eq!(Capacity::of(&[], LOAD), None);
        assert_eq!(Capacity::of(&[Knee { rate: 0.0, tasks: 2 }], LOAD), None);
        let falling = Capacity::of(&[Knee { rate: 100.0, tasks: 1 }, Knee { rate: 100.0, tasks: 2 }], LOAD).unwrap();
        assert_eq!(falling.tasks(500.0), None);
        let text = Table { capacity: &falling, rates: &[50.0, 500.0] }.to_string();
        assert_eq!(
            text,
            "tasks, each loaded to 70 % of its knee\n        50/s  1\n       500/s  no number of tasks is enough: what one carries falls too fast"
        );
    }
}
