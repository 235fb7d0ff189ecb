//! Each source, small and written for this; what is made is read as any other plan.

mod artillery;
mod browser;
mod jmx;
mod k6;
mod openapi;

use super::{Format, Imported, NoImport, Secrets, import};
use crate::plan;

/// Imports a text whose form is found out, and checks that what is made is read as the same plan.
fn made(text: &str) -> Imported {
    with(text, None, Secrets::Named)
}

fn with(text: &str, format: Option<Format>, secrets: Secrets) -> Imported {
    let imported = import(text, format, "a sample", secrets).unwrap_or_else(|why| panic!("{why}"));
    let written = imported.plan.to_toml();
    let read = plan::read(&written, "plan.toml").unwrap_or_else(|problems| panic!("{problems}\n{written}"));
    assert_eq!(read, imported.plan, "{written}");
    assert_eq!(imported.plan.name, "a-sample");
    imported
}

/// The elements that were not taken, with their lines.
fn not_taken(imported: &Imported) -> Vec<(&str, usize)> {
    imported.not_taken.iter().map(|not| (not.element.as_str(), not.line)).collect()
}

/// The steps of the first scenario: method, path, name.
fn steps(imported: &Imported) -> Vec<String> {
    let step = |step: &plan::Step| {
        let (method, path) = step.asked.parts();
        format!("{method} {path}")
    };
    imported.plan.scenario[0].step.iter().map(step).collect()
}

#[test]
fn forms_have_names_that_are_read_back() {
    for name in Format::NAMES {
        assert_eq!(name.parse::<Format>().unwrap().to_string(), name);
    }
    assert!("xml".parse::<Format>().unwrap_err().contains("jmx, artillery"));
}

#[test]
fn what_is_unknown_empty_or_broken_is_refused() {
    for text in ["", "hello", "<html></html>", "{}", "[1]", "a: 1\n"] {
        assert_eq!(import(text, None, "x", Secrets::Named), Err(NoImport::Unknown), "{text}");
    }
    let empty = import("<jmeterTestPlan><hashTree/></jmeterTestPlan>", None, "x", Secrets::Named).unwrap_err();
    assert!(matches!(empty, NoImport::Nothing(_)), "{empty}");
    let broken = import("<jmeterTestPlan>\n<hashTree>\n", None, "x", Secrets::Named).unwrap_err();
    assert!(broken.to_string().starts_with("line 3: "), "{broken}");
    let other = import("[]", Some(Format::Har), "x", Secrets::Named).unwrap_err();
    assert_eq!(other.to_string(), "line 1: a recording has `log.entries`");
}

#[test]
fn what_was_not_taken_reads_as_this() {
    let imported = made("https://shop.example/a\nFETCH https://shop.example/b\n");
    let wanted = "\
1 elements are in the plan; one is not, or not as it was:
  FETCH https://shop.example/b (line 2): a plan has no method FETCH; ask with another method";
    assert_eq!(imported.to_string(), wanted);
}
