//! Where values lie on an axis, and which of them are written beside it.

/// An axis, from 0 at its beginning to 1 at its end.
pub(super) enum Scale {
    /// From nothing, in even steps.
    Even {
        /// The step between two levels.
        step: f64,
        /// Where it ends.
        top: f64,
    },
    /// From the least power of ten to the greatest level.
    Powers {
        /// Where it begins.
        bottom: f64,
        /// Where it ends.
        top: f64,
    },
}

impl Scale {
    pub(super) fn even(most: f64) -> Scale {
        let step = round_step(most / 4.0);
        Scale::Even { step, top: (most / step).ceil() * step }
    }

    pub(super) fn of_powers(values: impl Iterator<Item = f64>) -> Scale {
        let positive = values.filter(|value| *value > 0.0);
        let (least, most) =
            positive.fold((f64::INFINITY, 0.0), |(least, most), value| (value.min(least), value.max(most)));
        let bottom = 10_f64.powf(least.clamp(1e-3, 1e9).log10().floor());
        Scale::Powers { bottom, top: round_step(most).max(bottom * 10.0) }
    }

    /// Where a value lies.
    pub(super) fn place(&self, value: f64) -> f64 {
        match self {
            Scale::Even { top, .. } => value / top,
            Scale::Powers { bottom, top } => ((value.max(*bottom) / bottom).ln() / (top / bottom).ln()).max(0.0),
        }
    }

    /// The levels that are drawn, each with what is written beside it.
    pub(super) fn levels(&self) -> Vec<(f64, String)> {
        match self {
            Scale::Even { step, top } => {
                let count = (top / step).round() as u32;
                (0..=count).map(|level| f64::from(level) * step).map(|level| (level, number(level, *step))).collect()
            }
            Scale::Powers { bottom, top } => {
                let mut levels = Vec::new();
                let mut power = *bottom;
                while power <= top * 1.000_001 {
                    levels.extend(
                        [1.0, 2.0, 5.0]
                            .map(|factor| factor * power)
                            .into_iter()
                            .filter(|level| *level <= top * 1.000_001),
                    );
                    power *= 10.0;
                }
                // Many powers are shown by themselves.
                let few = levels.len() > 9;
                let shown = |level: &f64| !few || (level.log10() - level.log10().round()).abs() < 1e-6;
                levels.into_iter().filter(shown).map(|level| (level, number(level, level))).collect()
            }
        }
    }
}

/// 1, 2 or 5 times a power of ten, not below this.
pub(super) fn round_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
    steps.into_iter().find(|step| *step >= least * 0.999_999).unwrap_or(10.0 * power)
}

/// A number with no digit more than a step has.
pub(super) fn number(value: f64, step: f64) -> String {
    let digits = (-(step.log10() + 1e-9).floor()).clamp(0.0, 6.0) as usize;
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: &Scale) -> Vec<String> {
        scale.levels().into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn levels_are_round_and_hold_all_values() {
        assert_eq!(labels(&Scale::even(300.0)), ["0", "100", "200", "300"]);
        assert_eq!(labels(&Scale::even(0.013)), ["0.000", "0.005", "0.010", "0.015"]);
        assert_eq!(labels(&Scale::of_powers([48.0, 7561.0].into_iter())), ["10", "100", "1000", "10000"]);
        assert_eq!(labels(&Scale::of_powers([48.0, 340.0].into_iter())), ["10", "20", "50", "100", "200", "500"]);
        for scale in [Scale::even(7.3), Scale::of_powers([0.2, 7.3].into_iter()), Scale::of_powers([7.3].into_iter())] {
            let place = scale.place(7.3);
            assert!((0.0..=1.0).contains(&place), "{place}");
            assert!(scale.levels().windows(2).all(|two| scale.place(two[0].0) < scale.place(two[1].0)));
        }
    }
}
