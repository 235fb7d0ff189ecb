//! Made-up histories for tests: nights around 200 ms that differ as nights do, with a shift planted in them.

use super::chance::Chance;

/// How nights differ when nothing has changed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Noise {
    /// The deviation of the logarithm from night to night.
    pub(super) deviation: f64,
    /// The share of nights that are odd, 60 % slower.
    pub(super) odd: f64,
}

impl Noise {
    /// What the rule was designed for.
    pub(super) const DESIGN: Noise = Noise { deviation: 0.08, odd: 0.03 };
}

/// As many nights, slower by the shift from the given one on.
pub(super) fn nights(seed: u64, count: usize, from: usize, shift: f64, noise: Noise) -> Vec<f64> {
    let mut chance = Chance::new(seed);
    let mut night = |number| {
        let mut value = 200.0 * (noise.deviation * chance.normal()).exp();
        if chance.share() < noise.odd {
            value *= 1.6;
        }
        if number >= from { value * (1.0 + shift) } else { value }
    };
    (0..count).map(&mut night).collect()
}
