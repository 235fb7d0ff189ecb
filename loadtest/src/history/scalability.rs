//! The Universal Scalability Law, fitted to the levels of a search: how much of the work must wait in line, how much
//! there is to agree on, and where more at a time gives less.
//!
//! X(N) = λN / (1 + σ(N−1) + κN(N−1)). N is what is under way at a time, X what comes out a second. Where the law does
//! not fit, that is the answer, and no number is given.

use std::fmt;

use super::breakpoint::Level;
use super::limits::Outcome;

/// One level: what was under way at a time, and what came out a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Requests under way at a time, on average.
    pub concurrency: f64,
    /// Requests a second that came out.
    pub throughput: f64,
}

impl Point {
    /// A level of the open model: as many are under way as come out a second, times how long each takes (Little).
    pub fn of(throughput: f64, mean_milliseconds: f64) -> Point {
        Point { concurrency: throughput * mean_milliseconds / 1000.0, throughput }
    }
}

/// The points of the levels of a search that say something of the server: those at which the generator was the limit do
/// not.
pub fn points(levels: &[Level]) -> Vec<Point> {
    let usable = levels.iter().filter(|level| level.outcome != Outcome::Generator);
    usable.filter_map(|level| Some(Point::of(level.measured.achieved, level.measured.mean?))).collect()
}

/// The law with its three numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Law {
    /// What one at a time would give a second: λ.
    pub alone: f64,
    /// The share of the work that waits in line: σ.
    pub contention: f64,
    /// What each two that are under way must agree on: κ.
    pub agreement: f64,
    /// How much of what the levels differ the law explains: R², at most 1.
    pub fit: f64,
    /// The most that was under way in what was measured.
    pub measured_to: f64,
}

/// Why there is no law.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum NoLaw {
    /// A curve with three numbers goes through nearly any few points.
    #[error("{0} levels are too few for the scalability law; {LEAST_LEVELS} are needed")]
    TooFew(usize),
    /// There is nothing to see in so short a stretch.
    #[error(
        "the levels lie too close together for the scalability law: the highest has {0:.1} times as much under way as the lowest, {LEAST_RANGE} times are needed"
    )]
    TooClose(f64),
    /// It is something else.
    #[error("the scalability law does not fit these levels: it explains {:.0} % of what they differ, {:.0} % are needed", .0 * 100.0, LEAST_FIT * 100.0)]
    DoesNotFit(f64),
}

/// Fewer levels than this are not fitted.
pub const LEAST_LEVELS: usize = 6;
/// A worse fit than this is none.
pub const LEAST_FIT: f64 = 0.9;
/// The highest concurrency must be at least this many times the lowest.
pub const LEAST_RANGE: f64 = 4.0;

/// Fits the law to levels.
pub fn fit(points: &[Point]) -> Result<Law, NoLaw> {
    let usable = |point: &&Point| point.concurrency > 0.0 && point.throughput > 0.0;
    let points: Vec<_> = points.iter().filter(usable).copied().collect();
    if points.len() < LEAST_LEVELS {
        return Err(NoLaw::TooFew(points.len()));
    }
    let lowest = points.iter().map(|point| point.concurrency).fold(f64::INFINITY, f64::min);
    let highest = points.iter().map(|point| point.concurrency).fold(0.0, f64::max);
    if highest < lowest * LEAST_RANGE {
        return Err(NoLaw::TooClose(highest / lowest));
    }
    // N/X = (1 + σ(N−1) + κN(N−1)) / λ is linear in 1/λ, σ/λ and κ/λ. None may be negative: where one comes out so, the
    // best fit without it is the best fit that there is.
    let candidates = [[true, true, true], [true, true, false], [true, false, true], [true, false, false]];
    let best = candidates
        .into_iter()
        .filter_map(|used| {
            let law = linear(&points, used).filter(|law| law.iter().all(|value| *value >= 0.0) && law[0] > 0.0)?;
            let [alone, contention, agreement] = law;
            let law = Law {
                alone: 1.0 / alone,
                contention: contention / alone,
                agreement: agreement / alone,
                fit: 0.0,
                measured_to: highest,
            };
            Some(Law { fit: explained(&law, &points), ..law })
        })
        .max_by(|one, other| one.fit.total_cmp(&other.fit));
    match best {
        Some(law) if law.fit >= LEAST_FIT => Ok(law),
        Some(law) => Err(NoLaw::DoesNotFit(law.fit.max(0.0))),
        None => Err(NoLaw::DoesNotFit(0.0)),
    }
}

impl Law {
    /// What comes out a second with as much under way.
    pub fn throughput(&self, concurrency: f64) -> f64 {
        let Law { alone, contention, agreement, .. } = self;
        let others = concurrency - 1.0;
        alone * concurrency / (1.0 + contention * others + agreement * concurrency * others)
    }

    /// How much under way gives the most; none where more always gives more.
    pub fn peak(&self) -> Option<f64> {
        let peak = ((1.0 - self.contention) / self.agreement).sqrt();
        (peak.is_finite() && peak >= 1.0).then_some(peak)
    }
}

/// The least squares of N/X by the columns that are used, weighted so that it is the error of X that counts.
fn linear(points: &[Point], used: [bool; 3]) -> Option<[f64; 3]> {
    let mut matrix = [[0.0; 4]; 3];
    for Point { concurrency, throughput } in points {
        let columns = [1.0, concurrency - 1.0, concurrency * (concurrency - 1.0)];
        let wanted = concurrency / throughput;
        let weight = (throughput * throughput / concurrency).powi(2);
        for row in 0..3 {
            for column in 0..3 {
                matrix[row][column] += weight * columns[row] * columns[column];
            }
            matrix[row][3] += weight * columns[row] * wanted;
        }
    }
    for unused in (0..3).filter(|column| !used[*column]) {
        matrix[unused] = [0.0; 4];
        matrix.iter_mut().for_each(|row| row[unused] = 0.0);
        matrix[unused][unused] = 1.0;
    }
    solve(matrix)
}

/// Three equations by elimination, the largest first; none where they are not independent.
fn solve(mut matrix: [[f64; 4]; 3]) -> Option<[f64; 3]> {
    for column in 0..3 {
        let pivot =
            (column..3).max_by(|one, other| matrix[*one][column].abs().total_cmp(&matrix[*other][column].abs()))?;
        matrix.swap(column, pivot);
        if matrix[column][column] == 0.0 {
            return None;
        }
        let above = matrix[column];
        for row in (0..3).filter(|row| *row != column) {
            let factor = matrix[row][column] / above[column];
            matrix[row].iter_mut().zip(above).for_each(|(value, other)| *value -= factor * other);
        }
    }
    let solution = [matrix[0][3] / matrix[0][0], matrix[1][3] / matrix[1][1], matrix[2][3] / matrix[2][2]];
    solution.iter().all(|value| value.is_finite()).then_some(solution)
}

/// R² of the throughput.
fn explained(law: &Law, points: &[Point]) -> f64 {
    let mean = points.iter().map(|point| point.throughput).sum::<f64>() / points.len() as f64;
    let total: f64 = points.iter().map(|point| (point.throughput - mean).powi(2)).sum();
    let rest: f64 = points.iter().map(|point| (point.throughput - law.throughput(point.concurrency)).powi(2)).sum();
    if total > 0.0 { 1.0 - rest / total } else { 0.0 }
}

impl fmt::Display for Law {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Law { alone, contention, agreement, fit, measured_to } = self;
        write!(out, "λ {alone:.1} a second, σ {contention:.4}, κ {agreement:.6}, R² {fit:.3}; ")?;
        match self.peak() {
            None => out.write_str("no peak: more at a time gives more, ever less so"),
            Some(peak) => {
                write!(out, "most at {peak:.0} under way: {:.0} a second", self.throughput(peak))?;
                if peak > measured_to * 1.5 {
                    write!(out, ", far beyond the {measured_to:.0} that were measured: a guess")?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::chance::Chance;
    use super::*;

    fn levels(law: &Law, noise: f64, seed: u64) -> Vec<Point> {
        let mut chance = Chance::new(seed);
        let level = |number| {
            let concurrency = 1.6_f64.powi(number);
            let throughput = law.throughput(concurrency) * (noise * chance.normal()).exp();
            Point { concurrency, throughput }
        };
        (0..10).map(level).collect()
    }

    #[test]
    fn a_planted_law_is_found_again() {
        let planted = Law { alone: 20.0, contention: 0.02, agreement: 0.0005, fit: 1.0, measured_to: 0.0 };
        let found = fit(&levels(&planted, 0.0, 1)).unwrap();
        assert!((found.alone - 20.0).abs() < 1e-6 && (found.contention - 0.02).abs() < 1e-9, "{found}");
        assert!((found.peak().unwrap() - planted.peak().unwrap()).abs() < 1e-3, "{found}");
        let mut peaks: Vec<_> =
            (0..200).map(|seed| fit(&levels(&planted, 0.03, seed)).unwrap().peak().unwrap_or(f64::INFINITY)).collect();
        peaks.sort_by(f64::total_cmp);
        println!(
            "planted peak {:.1}; found in 200 noisy searches {:.1} to {:.1}",
            planted.peak().unwrap(),
            peaks[10],
            peaks[189]
        );
        assert!(peaks[10] > 35.0 && peaks[189] < 60.0, "the peak is at {:.1}", planted.peak().unwrap());
    }

    #[test]
    fn what_scales_in_a_line_has_no_peak() {
        let straight = Law { alone: 20.0, contention: 0.0, agreement: 0.0, fit: 1.0, measured_to: 0.0 };
        let found = fit(&levels(&straight, 0.0, 1)).unwrap();
        assert_eq!(found.peak(), None, "{found}");
        assert!(found.fit > 0.999);
    }

    #[test]
    fn where_it_does_not_fit_no_number_is_given() {
        let saw = |number: i32| Point {
            concurrency: 1.6_f64.powi(number),
            throughput: if number % 2 == 0 { 500.0 } else { 100.0 },
        };
        let refused = fit(&(0..10).map(saw).collect::<Vec<_>>()).unwrap_err();
        assert!(matches!(refused, NoLaw::DoesNotFit(fit) if fit < 0.5), "{refused}");
        let planted = Law { alone: 20.0, contention: 0.02, agreement: 0.0005, fit: 1.0, measured_to: 0.0 };
        assert_eq!(fit(&levels(&planted, 0.0, 1)[..5]).unwrap_err(), NoLaw::TooFew(5));
        let close: Vec<_> = (0..10)
            .map(|number| 10.0 + f64::from(number))
            .map(|concurrency| Point { concurrency, throughput: planted.throughput(concurrency) })
            .collect();
        assert_eq!(fit(&close).unwrap_err(), NoLaw::TooClose(1.9));
        let mut chance = Chance::new(3);
        let noise = |number| Point { concurrency: 1.6_f64.powi(number), throughput: 100.0 + 400.0 * chance.share() };
        assert!(fit(&(0..12).map(noise).collect::<Vec<_>>()).is_err());
    }

    #[test]
    fn a_peak_that_was_not_measured_is_called_a_guess() {
        let far = Law { alone: 20.0, contention: 0.01, agreement: 1e-6, fit: 0.99, measured_to: 50.0 };
        assert!(far.to_string().ends_with("far beyond the 50 that were measured: a guess"), "{far}");
        assert_eq!(Point::of(200.0, 50.0), Point { concurrency: 10.0, throughput: 200.0 });
    }
}
