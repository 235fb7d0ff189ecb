//! When requests begin, and when users are at work: arithmetic, without a clock.
//!
//! The load is a line over time, made of straight pieces. In the open model it is a rate, and the area under it is the
//! number of requests that have begun: request `n` begins where the area is `n + ½`, so that no moment is ever more
//! than half a request away from the load that was asked for. In the closed model it is a number of users, rounded.

use std::time::Duration;

use crate::plan::words::Between;
use crate::result::Part;
use crate::test::Phase;

/// The load over time.
#[derive(Clone, Debug)]
pub struct Schedule {
    pieces: Vec<Piece>,
}

#[derive(Clone, Copy, Debug)]
struct Piece {
    /// Seconds from the beginning of the test.
    begins: f64,
    /// Seconds.
    length: f64,
    from: f64,
    to: f64,
    /// The area under all pieces before this one.
    before: f64,
}

impl Piece {
    fn slope(&self) -> f64 {
        (self.to - self.from) / self.length
    }

    fn level(&self, at: f64) -> f64 {
        self.from + self.slope() * (at - self.begins)
    }

    fn area(&self) -> f64 {
        (self.from + self.to) / 2.0 * self.length
    }

    fn ends(&self) -> f64 {
        self.begins + self.length
    }

    /// When the area under this piece alone is this much: the root of `from·t + slope·t²/2 = area`, in the form that
    /// stays exact when the slope is nothing.
    fn when(&self, area: f64) -> f64 {
        let root = (self.from * self.from + 2.0 * self.slope() * area).max(0.0).sqrt();
        let after = 2.0 * area / (self.from + root);
        self.begins + after.min(self.length)
    }
}

impl Schedule {
    /// The load of these phases, where their share 1 is `full`.
    pub fn new(phases: &[Phase], full: f64) -> Schedule {
        let (mut begins, mut before) = (0.0, 0.0);
        let pieces = phases.iter().map(|phase| {
            let Phase { length, from, to } = *phase;
            let piece = Piece { begins, length: length.as_secs_f64(), from: from * full, to: to * full, before };
            begins = piece.ends();
            before += piece.area();
            piece
        });
        Schedule { pieces: pieces.collect() }
    }

    /// From the beginning to the end of the last phase.
    pub fn length(&self) -> Duration {
        Duration::from_secs_f64(self.pieces.last().map_or(0.0, Piece::ends))
    }

    /// Which phase a moment is in. What is after the end is in the last one.
    pub fn phase(&self, at: Duration) -> usize {
        let at = at.as_secs_f64();
        self.pieces.iter().take_while(|piece| piece.ends() <= at).count().min(self.pieces.len().saturating_sub(1))
    }

    /// The load at a moment: a rate, or a number of users. Nothing after the end.
    pub fn level(&self, at: Duration) -> f64 {
        let at = at.as_secs_f64();
        self.pieces.iter().find(|piece| at < piece.ends()).map_or(0.0, |piece| piece.level(at))
    }

    /// How many requests there are in all, in the open model.
    pub fn requests(&self) -> u64 {
        let area = self.pieces.last().map_or(0.0, |piece| piece.before + piece.area());
        // Never negative, and at most a day of the highest rate: it fits.
        area.round() as u64
    }

    /// When each request begins, in order, in the open model.
    pub fn arrivals(&self) -> impl Iterator<Item = Duration> + Send + use<> {
        self.arrivals_of(Part::WHOLE).map(|(_, due)| due)
    }

    /// Those of one worker, with their numbers over all workers.
    pub fn arrivals_of(&self, part: Part) -> impl Iterator<Item = (u64, Duration)> + Send + use<> {
        let pieces = self.pieces.clone();
        let mut current = 0;
        let Part { worker, of } = part;
        (u64::from(worker)..self.requests()).step_by(of.max(1) as usize).map(move |number| {
            let area = number as f64 + 0.5;
            while current + 1 < pieces.len() && pieces[current].before + pieces[current].area() < area {
                current += 1;
            }
            (number, Duration::from_secs_f64(pieces[current].when(area - pieces[current].before)))
        })
    }

    /// How many users there are at most, in the closed model.
    pub fn users(&self) -> u32 {
        let most = self.pieces.iter().map(|piece| piece.from.max(piece.to)).fold(0.0, f64::max);
        // Never negative, and at most ten times the highest number of users: it fits.
        most.round() as u32
    }

    /// When a user may next ask, in the closed model: now, or when the load next needs that many users. None if it
    /// does not any more.
    pub fn next_turn(&self, user: u32, now: Duration) -> Option<Duration> {
        let (needed, now_seconds) = (f64::from(user) + 0.5, now.as_secs_f64());
        for piece in self.pieces.iter().filter(|piece| piece.ends() > now_seconds) {
            let earliest = now_seconds.max(piece.begins);
            if piece.level(earliest) >= needed {
                return Some(now.max(Duration::from_secs_f64(earliest)));
            }
            let reached = piece.begins + (needed - piece.from) / piece.slope();
            if piece.to > needed && reached < piece.ends() {
                return Some(now.max(Duration::from_secs_f64(reached)));
            }
        }
        None
    }
}

/// How long a user thinks before request `turn`, the same at each run.
///
/// Users who all think equally long would all ask at the same moment, and so measure the queue that they are.
pub fn thinking(between: Between, user: u32, turn: u64) -> Duration {
    between.at(scattered(u64::from(user), turn))
}

/// When a user makes the first request, after its turn has come: the users are spread over one time of thinking.
pub fn settling(between: Between, user: u32) -> Duration {
    ((between.from + between.to) / 2).mul_f64(scattered(u64::from(user), 0))
}

/// A number from 0 to 1 that looks like chance: SplitMix64.
pub(crate) fn scattered(user: u64, turn: u64) -> f64 {
    (scattered_bits(user, turn) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Bits that look like chance.
pub(crate) fn scattered_bits(user: u64, turn: u64) -> u64 {
    let mut bits = user.rotate_left(32).wrapping_add(turn).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests;
