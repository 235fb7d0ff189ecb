//! The search for the load at which a platform breaks, as a machine that asks for a run at a rate and is told what
//! came of it. It sends nothing itself.
//!
//! The load is raised step by step until a level breaks; then the gap between the last that held and the first that
//! broke is halved until it is small enough. A level counts as broken only if it breaks again at once: one odd minute
//! is no knee.

use std::fmt;

use super::limits::{Measured, Outcome, Why};

/// What to search through.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// The first rate, in requests a second.
    pub from: f64,
    /// The highest rate to try.
    pub to: f64,
    /// By how much each level lies above the one before, as a share: 0.25.
    pub step: f64,
    /// How close the two rates around the knee must be, as a share: 0.05.
    pub resolution: f64,
}

impl Default for Range {
    fn default() -> Range {
        Range { from: 100.0, to: 20_000.0, step: 0.25, resolution: 0.05 }
    }
}

/// What is wrong with a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongRange {
    /// There is nothing between.
    #[error("the search must begin above 0 requests a second and end above where it begins")]
    Empty,
    /// The steps lead nowhere.
    #[error("a step must lie between 1 % and 400 %")]
    Step,
    /// It would never end, or never begin.
    #[error("the resolution must be at least 0.5 % and at most the step")]
    Resolution,
}

/// What the search wants.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// Hold this rate, and tell what came of it.
    Run {
        /// Requests a second.
        rate: f64,
    },
    /// Nothing more: this was found.
    Done(Found),
}

/// What a search has found.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// The knee lies between two rates.
    Knee {
        /// The highest rate that held.
        held: f64,
        /// The lowest rate that broke.
        broke: f64,
        /// What broke.
        why: Why,
        /// Whether the two are as close as was wanted; otherwise the generator was at its limit between them.
        resolved: bool,
    },
    /// The first rate broke already.
    BelowRange {
        /// That rate.
        from: f64,
        /// What broke.
        why: Why,
    },
    /// Nothing broke up to the highest rate.
    AboveRange {
        /// That rate.
        to: f64,
    },
    /// The generator could not go on: nothing is known above what held.
    Generator {
        /// The highest rate that held.
        held: Option<f64>,
        /// The rate that the generator could not make.
        at: f64,
    },
}

/// One level that was held, and what it said.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// What was measured.
    pub measured: Measured,
    /// What it says.
    pub outcome: Outcome,
}

/// A search under way.
#[derive(Clone, Debug)]
pub struct Search {
    range: Range,
    held: Option<f64>,
    broke: Option<(f64, Why)>,
    /// A rate that has broken once, and what broke.
    doubtful: Option<f64>,
    levels: Vec<Level>,
    ask: Ask,
}

impl Search {
    /// Begins a search.
    pub fn new(range: Range) -> Result<Search, WrongRange> {
        let Range { from, to, step, resolution } = range;
        if !(from > 0.0 && to > from && to.is_finite()) {
            return Err(WrongRange::Empty);
        }
        if !(0.01..=4.0).contains(&step) {
            return Err(WrongRange::Step);
        }
        if !(0.005..=step).contains(&resolution) {
            return Err(WrongRange::Resolution);
        }
        let ask = Ask::Run { rate: from };
        Ok(Search { range, held: None, broke: None, doubtful: None, levels: Vec::new(), ask })
    }

    /// What the search wants now.
    pub fn ask(&self) -> &Ask {
        &self.ask
    }

    /// All levels so far, in the order in which they were held.
    pub fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// Tells what came of the run that was asked for. After the end it changes nothing.
    pub fn tell(&mut self, measured: Measured, outcome: Outcome) {
        let Ask::Run { rate } = self.ask else { return };
        self.levels.push(Level { measured, outcome: outcome.clone() });
        self.ask = match outcome {
            Outcome::Generator => Ask::Done(self.generator_gave_up(rate)),
            Outcome::Broke(_) if self.doubtful != Some(rate) => {
                self.doubtful = Some(rate);
                Ask::Run { rate }
            }
            Outcome::Broke(why) => {
                self.broke = Some((rate, why));
                self.next()
            }
            Outcome::Held => {
                self.held = Some(rate);
                self.next()
            }
        };
    }

    fn next(&self) -> Ask {
        let Range { from, to, step, resolution } = self.range;
        match (self.held, &self.broke) {
            (None, None) => Ask::Run { rate: from },
            (None, Some((from, why))) => Ask::Done(Found::BelowRange { from: *from, why: why.clone() }),
            (Some(held), None) if held >= to => Ask::Done(Found::AboveRange { to }),
            (Some(held), None) => Ask::Run { rate: (held * (1.0 + step)).min(to) },
            (Some(held), Some((broke, why))) if *broke <= held * (1.0 + resolution) => {
                Ask::Done(Found::Knee { held, broke: *broke, why: why.clone(), resolved: true })
            }
            (Some(held), Some((broke, _))) => Ask::Run { rate: (held * broke).sqrt() },
        }
    }

    fn generator_gave_up(&self, at: f64) -> Found {
        match (self.held, &self.broke) {
            (Some(held), Some((broke, why))) => Found::Knee { held, broke: *broke, why: why.clone(), resolved: false },
            (held, _) => Found::Generator { held, at },
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Found::Knee { held, broke, why, resolved } => {
                write!(out, "it holds {held:.0} requests a second and breaks at {broke:.0}: {why}")?;
                if !resolved {
                    out.write_str("; the generator was at its limit between the two, so that it is not known closer")?;
                }
                Ok(())
            }
            Found::BelowRange { from, why } => {
                write!(out, "it breaks at {from:.0} requests a second already: {why}; begin lower, with --from")
            }
            Found::AboveRange { to } => {
                write!(out, "nothing broke up to {to:.0} requests a second; search further, with --to")
            }
            Found::Generator { held, at } => {
                write!(out, "no breaking point: the generator cannot make {at:.0} requests a second; ")?;
                if let Some(held) = held {
                    write!(out, "{held:.0} held; ")?;
                }
                out.write_str("give it more workers, with --workers")
            }
        }
    }
}

#[cfg(test)]
mod tests;
