//! Results, as each of the outputs shows them.

use super::progress::{COLUMNS, Line, Progress, View};
use super::sample::{incomplete, result};
use super::*;
use crate::history::compare::compare;
use crate::history::{Entry, entry};
use crate::result::{Distribution, RunResult};

/// Writes every form into the folder that is named, to be looked at: `LOADTEST_FORMS=/some/folder cargo test forms`.
#[test]
fn forms_are_written_where_they_are_wanted() {
    let Ok(folder) = std::env::var("LOADTEST_FORMS") else { return };
    let folder = std::path::Path::new(&folder);
    let write = |name: &str, text: String| std::fs::write(folder.join(name), text).unwrap();
    write("result.html", html(&result()));
    write("incomplete.html", html(&incomplete()));
    write("result.json", json(&result()));
    write("schema.json", json_schema().to_string());
    write("result.csv", csv(&result()));
    write("steps.csv", steps_csv(&result()));
    write("result.hlog", hlog(&result()));
    write("junit.xml", junit(&result()));
    write("k6.json", k6_summary(&result(), "2026-01-02T03:05:06Z").to_string());
    write("result.md", markdown(&result(), None));
}

#[test]
fn json_is_read_back_as_the_same_result_and_keeps_to_its_schema() {
    let result = result();
    let read: RunResult = serde_json::from_str(&json(&result)).unwrap();
    assert_eq!(read, result);
    let schema = json_schema();
    let written: serde_json::Value = serde_json::from_str(&json(&result)).unwrap();
    let known = schema["properties"].as_object().unwrap();
    written.as_object().unwrap().keys().for_each(|key| assert!(known.contains_key(key), "{key}"));
}

#[test]
fn the_page_needs_nothing_from_anywhere_and_says_everything() {
    let page = html(&result());
    for absent in ["<script", "http-equiv=\"refresh", "<link", "<img", "@import", "url(", "src=", "NaN"] {
        assert!(!page.contains(absent), "{absent}");
    }
    // The only addresses are the target's.
    assert_eq!(
        page.matches("http://").count() + page.matches("https://").count(),
        page.matches("https://shop.example/").count()
    );
    for part in [
        "Latency over time",
        "Latency by percentile",
        "Errors by class",
        "p95 by region",
        "Steps",
        "Phases",
        "Workers",
        "prefers-color-scheme: dark",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(page.contains("no answer within 10 s &lt;b&gt;&amp;"), "texts of others are no markup");
    assert!(!page.contains("<b>"));
    let page = html(&incomplete());
    assert!(page.contains("no result came from worker 7") && page.contains("the generator was the limit"));
}

#[test]
fn the_standstill_is_seen_in_the_chart() {
    let page = html(&result());
    let chart = page.split("aria-label=\"Latency over time").nth(1).unwrap().split('"').next().unwrap();
    assert!(chart.contains("at 40"), "{chart}");
}

#[test]
fn a_run_in_which_nothing_came_back_has_a_page_too() {
    let mut empty = result();
    empty.measured = crate::result::Measured::default();
    empty.regions.clear();
    empty.seconds = 0.0;
    let page = html(&empty);
    assert!(page.contains("Nothing was measured.") && !page.contains("NaN"));
    assert!(!csv(&empty).contains("NaN") && !steps_csv(&empty).contains("NaN"));
    assert!(markdown(&empty, None).contains("| all | 0 |"));
    assert!(k6_summary(&empty, "now")["results"]["metrics"].as_array().unwrap().len() > 5);
}

#[test]
fn junit_fails_what_is_crossed_and_passes_nothing_that_is_incomplete() {
    let text = junit(&result());
    assert!(text.contains("tests=\"4\" failures=\"1\" errors=\"1\""), "{text}");
    assert!(text.contains("<failure type=\"crossed\" message=\"rate of errors under 0.1%: measured 0.35 %"), "{text}");
    let text = junit(&incomplete());
    assert!(text.contains("errors=\"2\"") && text.contains("no result came from worker 7"), "{text}");
}

#[test]
fn tables_have_a_row_for_each_stretch_and_no_formula() {
    let text = csv(&result());
    let rows: Vec<_> = text.trim_end().split("\r\n").collect();
    assert_eq!(rows.len(), 61);
    assert!(rows.iter().all(|row| row.split(',').count() == 10), "{text}");
    assert!(rows[1].starts_with("0,10,0,10.000,"), "{}", rows[1]);
    let steps = steps_csv(&result());
    assert!(steps.contains("\r\n\"'=cmd, \"\"pay\"\"\",1500,9,"), "{steps}");
}

#[test]
fn the_log_adds_up_to_the_whole() {
    let text = hlog(&result());
    let mut whole = Distribution::new();
    for line in text.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit())) {
        whole.merge(&Distribution::decoded(line.rsplit(',').next().unwrap()).unwrap());
    }
    assert_eq!(whole, result().measured.whole.latency);
    assert!(text.contains("\nTag=cart_|_list,0.000,60.200,"), "{text}");
}

#[test]
fn the_summary_has_the_shape_of_k6() {
    let summary = k6_summary(&result(), "2026-01-02T03:05:06Z");
    let keys = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&summary), ["version", "metadata", "config", "results"]);
    assert_eq!(
        (keys(&summary["metadata"]), keys(&summary["config"])),
        (
            vec!["generatedAt".to_owned(), "k6Version".to_owned()],
            vec!["execution".to_owned(), "script".to_owned(), "duration".to_owned()]
        )
    );
    for metric in summary["results"]["metrics"].as_array().unwrap() {
        assert_eq!(keys(metric), ["name", "type", "contains", "values"]);
        let wanted: &[&str] = match metric["type"].as_str().unwrap() {
            "counter" => &["count"],
            "rate" => &["matches", "rate", "total"],
            _ => &["avg", "max", "med", "min", "p(90)", "p(95)"],
        };
        assert_eq!(keys(&metric["values"]), wanted, "{metric}");
    }
    assert_eq!(
        summary["results"]["checks"]["results"][1],
        serde_json::json!({"name": "rate of errors under 0.1%", "passes": 0, "fails": 1})
    );
}

#[test]
fn markdown_has_no_markup_of_others_and_the_comparison() {
    let one = Entry::of(&result(), "20260101T020000Z-aaaa", 512);
    let mut slower = one.clone();
    slower.run = "20260102T020000Z-bbbb".to_owned();
    slower.figures.get_mut("latency p95").unwrap().value *= 2.0;
    let compared = compare(&[&one, &slower], &Default::default()).unwrap();
    let text = markdown(&result(), Some(&compared));
    assert!(text.starts_with("### ❌ Load test `checkout`: failed\n"), "{text}");
    assert!(text.contains("| cart \\| list | 5\u{202f}000 |"), "{text}");
    assert!(text.contains("+100.0 % worse"), "{text}");
    let columns = |line: &str| line.replace("\\|", "").matches('|').count();
    let steps: Vec<_> =
        text.lines().skip_while(|line| !line.starts_with("| | requests")).take_while(|line| !line.is_empty()).collect();
    assert!(steps.len() > 5 && steps.iter().all(|line| columns(line) == columns(steps[0])), "{steps:?}");
}

#[test]
fn an_entry_has_the_figures_of_its_result() {
    let result = result();
    let entry = Entry::of(&result, "run", 512);
    assert_eq!(entry.figures["latency p95"].value, result.measured.whole.latency.at(0.95).unwrap());
    assert_eq!((entry.complete, entry.passed, entry.fingerprint.workers), (true, Some(false), 8));
    assert_eq!(entry.figures["rate"].better, entry::Better::More);
    assert!(entry.figures.contains_key("login: p95") && entry.figures.contains_key("cart_total: p95"));
    let incomplete = Entry::of(&incomplete(), "run", 512);
    assert_eq!((incomplete.is_good(), incomplete.fingerprint.workers), (false, 8));
    let mut few = result;
    few.measured.whole.latency = Distribution::new();
    few.measured.whole.latency.record(5.0);
    assert!(Entry::of(&few, "run", 512).figures["latency p95"].too_few);
}

#[test]
fn progress_fits_eighty_columns_whatever_happens() {
    let mut progress = Progress {
        name: "checkout".to_owned(),
        elapsed: 83.0,
        whole: 720.0,
        finished: 166_000,
        errors: 12,
        rate: 1998.4,
        latency: [Some(41.2), Some(180.0), Some(1234.0)],
        p95: (0..200).map(|place| f64::from(place % 17)).collect(),
        workers: (7, 8),
        ..Progress::default()
    };
    let line = Line(&progress).to_string();
    assert_eq!(line, "[#.........] 1:23/12:00 1998/s  p50 41ms  p95 180ms  p99 1.23s  12 errors");
    let view = View(&progress).to_string();
    assert!(
        view.starts_with(
            "checkout  [###...........................] 1:23/12:00\n  requests  166\u{202f}000, 1998 a second\n"
        ),
        "{view}"
    );
    assert!(view.contains("  workers   7 of 8"), "{view}");
    progress.name = "x".repeat(300) + "\u{1b}[2J";
    progress.errors = u64::MAX;
    progress.elapsed = f64::MAX;
    progress.whole = 0.0;
    progress.lateness = Some(90.0);
    progress.not_begun = 5;
    for text in [Line(&progress).to_string(), View(&progress).to_string(), View(&Progress::default()).to_string()] {
        assert!(text.lines().all(|line| line.chars().count() <= COLUMNS), "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
    }
}

#[test]
fn progress_shows_what_was_measured_lately() {
    let measured = result().measured;
    let progress = Progress::of("checkout", 90.0, &measured, 60.0);
    assert_eq!((progress.rate, progress.finished, progress.errors, progress.not_begun), (300.0, 15_610, 56, 4));
    let lately = measured.intervals[55].latency.at(0.5).unwrap()..measured.intervals[59].latency.at(0.5).unwrap() + 5.0;
    assert!(lately.contains(&progress.latency[0].unwrap()), "{progress:?}");
    let begin = Progress::of("checkout", 90.0, &Default::default(), 0.0);
    assert_eq!((begin.rate, begin.latency), (0.0, [None; 3]));
}

#[test]
fn a_stretch_that_is_not_whole_is_no_fall() {
    let mut result = result();
    result.measured.intervals.truncate(31);
    result.seconds = 30.1;
    let page = html(&result);
    let rates = page.split("aria-label=\"Requests a second").nth(1).unwrap();
    let line = rates.split("<path class=\"line line0\" d=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(line.matches('L').count(), 29, "30 whole seconds: {line}");
    let text = csv(&result);
    assert!(text.lines().last().unwrap().starts_with("30,300,0,3000.000,"), "{text}");
}

#[test]
fn a_search_sees_a_level_in_a_result() {
    use crate::history::limits::{Generator, Limits, Measured, Outcome};
    let limits: Limits = "p95<500ms, errors<1%, achieved>80%".parse().unwrap();
    let level = Measured::of(&result(), &limits);
    assert_eq!((level.offered, level.generator), (3014.0 / 60.0, Generator::Fine));
    assert!((level.achieved - 3010.0 / 60.2).abs() < 1e-9);
    assert_eq!(limits.judge(&level), Outcome::Held);
    assert_eq!(limits.judge(&Measured::of(&incomplete(), &limits)), Outcome::Generator);
    let mut nothing = result();
    nothing.measured = Default::default();
    assert!(matches!(limits.judge(&Measured::of(&nothing, &limits)), Outcome::Broke(_)));
}
