//! `infra drift`: shows what has been changed outside of the code. It never proposes changes of the code.

use jiff::Timestamp;

use crate::args::{self, Format, Selection};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{Drift, Level, drift_closing, drift_html, drift_text, drift_tfjson};
use crate::session::Session;

pub(super) async fn run(arguments: args::Drift, session: &Session<'_>) -> Result<Exit, Failure> {
    let args::Drift { format, detailed_exitcode } = arguments;
    let blueprint = session.blueprint().await?;
    let cloud = session.connect(&blueprint).await?;
    let planned = session.plan(&blueprint, &cloud, &blueprint.options(&Selection::default())).await?;
    let drift = Drift::of(&planned.report);
    let console = session.console;
    match (console.json(), format) {
        (Some(lines), _) => {
            for change in &drift.changes {
                let message = format!("{}: changed outside of the code", change.address);
                lines.line(Level::Warn, "resource_drift", &message, serde_json::json!({ "change": change }));
            }
            for advice in &drift.outside {
                lines.line(Level::Warn, "resource_drift", &advice.says, serde_json::json!({ "outside": advice }));
            }
            let counts = serde_json::json!({"drifted": drift.changes.len(), "outside": drift.outside.len()});
            lines.line(Level::Info, "drift_summary", &drift_closing(&drift), counts);
        }
        (None, Format::Json) => console.document(&drift),
        (None, Format::Tfjson) => console.document(&drift_tfjson(&planned.picture(&blueprint), Timestamp::now())),
        (None, Format::Html) => console.data(&drift_html(&planned.report.owner, &drift, "")),
        (None, Format::Text | Format::Markdown) => console.data(&drift_text(&drift, console.paint)),
    }
    console.say(&console.talk.dim(session.cost(&blueprint, planned.world().lives.len())));
    Ok(if detailed_exitcode && !drift.is_none() { Exit::Changes } else { Exit::Done })
}
