//! `infra drift`: shows what has been changed outside of the code. It never proposes changes of the code.

use jiff::Timestamp;

use crate::args::{Drift, Format, Selection};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{Level, drift_closing, drift_html, drift_of, drift_text, drift_tfjson};
use crate::session::Session;

pub(super) async fn run(arguments: Drift, session: &Session<'_>) -> Result<Exit, Failure> {
    let Drift { format, detailed_exitcode } = arguments;
    let blueprint = session.blueprint().await?;
    let cloud = session.connect(&blueprint).await?;
    let planned = session.plan(&blueprint, &cloud, &blueprint.options(&Selection::default())).await?;
    let drifted = drift_of(&planned.report);
    let console = session.console;
    match (console.json(), format) {
        (Some(lines), _) => {
            for change in &drifted {
                let message = format!("{}: changed outside of the code", change.address);
                lines.line(Level::Warn, "resource_drift", &message, serde_json::json!({ "change": change }));
            }
            lines.line(
                Level::Info,
                "drift_summary",
                &drift_closing(&drifted),
                serde_json::json!({"drifted": drifted.len()}),
            );
        }
        (None, Format::Json) => console.document(&drifted),
        (None, Format::Tfjson) => console.document(&drift_tfjson(&planned.picture(&blueprint), Timestamp::now())),
        (None, Format::Html) => console.data(&drift_html(&planned.report.owner, &drifted, "")),
        (None, Format::Text | Format::Markdown) => console.data(&drift_text(&drifted, console.paint)),
    }
    console.say(&console.talk.dim(session.cost(&blueprint, planned.world())));
    Ok(if detailed_exitcode && !drifted.is_empty() { Exit::Changes } else { Exit::Done })
}
