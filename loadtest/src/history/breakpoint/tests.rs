//! The search for the knee, on made-up systems.

use proptest::prelude::*;

use super::*;

fn measured(rate: f64) -> Measured {
    Measured {
        offered: rate,
        achieved: rate,
        errors: 0.0,
        mean: Some(50.0),
        latency: vec![],
        generator: super::super::limits::Generator::Fine,
    }
}

fn broke() -> Outcome {
    Outcome::Broke(Why::Errors { share: 0.5, limit: 0.01 })
}

/// Runs a search to its end; tells what was found and after how many runs.
fn search(range: Range, mut outcome: impl FnMut(usize, f64) -> Outcome) -> (Found, Vec<f64>) {
    let mut search = Search::new(range).unwrap();
    let mut rates = Vec::new();
    loop {
        match search.ask().clone() {
            Ask::Done(found) => return (found, rates),
            Ask::Run { rate } => {
                rates.push(rate);
                assert!(rates.len() < 2000, "it does not end");
                search.tell(measured(rate), outcome(rates.len(), rate));
                assert_eq!(search.levels().len(), rates.len());
            }
        }
    }
}

proptest! {
    #[test]
    fn a_planted_knee_is_found_between_two_rates_that_are_close(
        knee in 1.0..30_000.0_f64, step in 0.05..2.0_f64, finer in 0.05..1.0_f64,
    ) {
        let range = Range { from: 100.0, to: 20_000.0, step, resolution: (step * finer).max(0.005) };
        let (found, rates) = search(range, |_, rate| if rate > knee { broke() } else { Outcome::Held });
        match found {
            Found::Knee { held, broke, resolved, .. } => {
                prop_assert!(held <= knee && knee < broke && resolved);
                prop_assert!(broke <= held * (1.0 + range.resolution) * 1.000_001);
            }
            Found::BelowRange { .. } => prop_assert!(knee < 100.0),
            Found::AboveRange { .. } => prop_assert!(knee >= 20_000.0),
            Found::Generator { .. } => prop_assert!(false, "it was never told that"),
        }
        // Up in steps, then halving, and each that breaks once more.
        let up = (200.0_f64.ln() / (1.0 + step).ln()).ceil() + 2.0;
        let halves = ((1.0 + step).ln() / (1.0 + range.resolution).ln()).log2().ceil().max(0.0) + 1.0;
        prop_assert!((rates.len() as f64) <= up + 2.0 * halves + 2.0, "{} runs", rates.len());
    }
}

#[test]
fn one_odd_run_is_no_knee() {
    let odd = |number: usize, rate: f64| if rate > 1000.0 || number == 3 { broke() } else { Outcome::Held };
    let (found, rates) = search(Range::default(), odd);
    assert_eq!(rates[2], rates[3], "it is asked again");
    let Found::Knee { held, broke, .. } = &found else { panic!("{found}") };
    assert!(*held <= 1000.0 && *broke > 1000.0, "{found}");
    println!("{} runs: {found}", rates.len());
}

#[test]
fn a_generator_at_its_limit_is_no_breaking_point() {
    let limit = |_, rate: f64| if rate > 300.0 { Outcome::Generator } else { Outcome::Held };
    let (found, _) = search(Range::default(), limit);
    assert_eq!(
        found.to_string(),
        "no breaking point: the generator cannot make 305 requests a second; 244 held; give it more workers, with --workers"
    );
    let mut tired = false;
    let between = |_, rate: f64| {
        tired |= rate > 500.0;
        if rate > 500.0 {
            broke()
        } else if tired {
            Outcome::Generator
        } else {
            Outcome::Held
        }
    };
    let (found, _) = search(Range { step: 1.0, ..Range::default() }, between);
    let Found::Knee { held: 400.0, broke, resolved: false, .. } = found else { panic!("{found}") };
    assert!((565.0..567.0).contains(&broke), "{broke}");
}

#[test]
fn ranges_that_lead_nowhere_are_refused() {
    let refused = |change: fn(&mut Range)| {
        let mut range = Range::default();
        change(&mut range);
        Search::new(range).unwrap_err()
    };
    assert_eq!(refused(|range| range.from = 0.0), WrongRange::Empty);
    assert_eq!(refused(|range| range.to = 50.0), WrongRange::Empty);
    assert_eq!(refused(|range| range.step = 0.0), WrongRange::Step);
    assert_eq!(refused(|range| range.resolution = 0.3), WrongRange::Resolution);
    assert_eq!(refused(|range| range.resolution = f64::NAN), WrongRange::Resolution);
}

#[test]
fn the_levels_of_a_search_are_points_of_the_law() {
    use crate::history::scalability::{Law, fit, points};
    // A server whose answers take longer the more are under way, by the law.
    let law = Law { alone: 40.0, contention: 0.02, agreement: 0.0005, fit: 1.0, measured_to: 0.0 };
    let at =
        |rate: f64| (1..4000).map(|tenth| f64::from(tenth) / 10.0).find(|under_way| law.throughput(*under_way) >= rate);
    let mut search = Search::new(Range { from: 50.0, to: 1000.0, step: 0.25, resolution: 0.05 }).unwrap();
    while let Ask::Run { rate } = *search.ask() {
        let (level, outcome) = match at(rate) {
            Some(under_way) => (Measured { mean: Some(under_way / rate * 1000.0), ..measured(rate) }, Outcome::Held),
            None => (Measured { mean: None, ..measured(rate) }, broke()),
        };
        search.tell(level, outcome);
    }
    let Ask::Done(found) = search.ask() else { panic!() };
    let peak = law.throughput(law.peak().unwrap());
    assert!(
        matches!(found, Found::Knee { held, broke, .. } if *held <= peak && peak < *broke),
        "{found}, and the most is {peak}"
    );
    let fitted = fit(&points(search.levels())).unwrap();
    println!("{found}; {fitted}");
    assert!((fitted.throughput(fitted.peak().unwrap()) / peak - 1.0).abs() < 0.05, "{fitted}, and the most is {peak}");
}
