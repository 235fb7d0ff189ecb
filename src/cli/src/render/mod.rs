//! Data to text. Nothing here decides, reads or changes anything; each file turns one noun into what is read.
//!
//! A plan becomes a [`Report`] first: plain, owned, saved and read back as it is. Text, Markdown, HTML
//! and JSON are made of it; what tools read that know Terraform is made of a [`Picture`].

mod advice;
mod closing;
mod cost;
mod drift;
mod findings;
mod html;
mod json_lines;
mod json_text;
mod live;
mod markdown;
mod paint;
mod picture;
mod plan_cost;
mod plan_text;
mod plural;
mod printable;
mod progress;
mod report;
mod sentence;
mod story;
mod talk;
mod tfjson;
mod troubles;
mod values;
mod wrap;

pub use closing::{apply_complete, apply_incomplete, cost, destroy_complete, elapsed, plan_closing};
pub use cost::{CostPage, cost_csv, cost_html, cost_infracost, cost_json, cost_markdown, cost_text};
pub use drift::{Drift, drift_closing, drift_text};
pub use findings::findings_text;
pub use html::{drift_html, live_html, plan_html};
pub use json_lines::{Diagnostic, JsonLines};
pub use live::{live_json, live_text};
pub use markdown::plan_markdown;
pub use paint::Paint;
pub use picture::{Because, Picture, Pictured, Side};
pub use plan_cost::PlanCost;
pub use plan_text::plan_text;
pub use plural::{CHANGES, DEFINITIONS, KINDS, PROBLEMS, Plural, RESOURCES, WARNINGS, counted};
pub use printable::{one_line, printable, printable_json};
pub use progress::Progress;
pub use report::{Act, Advice, Counts, Form, Report, ReportChange, ReportField, ReportTag, Value, Who};
pub use sentence::{Level, sentence};
pub use story::{Ended, Story};
pub use talk::PlainLines;
pub use tfjson::{drift_tfjson, live_tfjson, plan_tfjson};
pub use troubles::Troubles;

pub(crate) use advice::{refusal, word};
pub(crate) use html::{escaped, page};
pub(crate) use wrap::{wrapped, wrapped_to};

/// How wide text is laid out. Fixed, so that a plan reads the same in a terminal, a pipe and a file.
pub(crate) const WIDTH: usize = 80;
