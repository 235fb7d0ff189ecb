//! `infra docs`: writes the reference of kinds into a folder. It calls nobody, and is for whoever changes the program.

use std::sync::Arc;

use infra_aws::{Aws, Settings};
use infra_operate::{Page, reference};

use crate::args::Docs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;

pub(super) async fn run(arguments: Docs, session: &Session<'_>) -> Result<Exit, Failure> {
    let aws = Aws::load(Settings::default()).await.map_err(|error| Failure::new(error.to_string()))?;
    let pages = reference(&infra_aws::registry(Arc::new(aws)));
    let folder = session.folder.join(&arguments.folder);
    let not_written = |error: std::io::Error| {
        Failure::new(format!("the pages cannot be written into {}", folder.display())).because(error.to_string())
    };
    std::fs::create_dir_all(&folder).map_err(not_written)?;
    remove_strangers(&folder, &pages).map_err(not_written)?;
    for Page { file, text } in &pages {
        std::fs::write(folder.join(file), text).map_err(not_written)?;
    }
    session.console.say(&format!("{} pages are in {}", pages.len(), folder.display()));
    Ok(Exit::Done)
}

/// Pages that were made of a kind that is no more. Only what says that it was made is removed.
fn remove_strangers(folder: &std::path::Path, pages: &[Page]) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let known = pages.iter().any(|page| path.file_name().is_some_and(|name| name == page.file.as_str()));
        let made = || std::fs::read_to_string(&path).is_ok_and(|text| text.starts_with(Page::MADE));
        if !known && path.extension().is_some_and(|end| end == "md") && made() {
            std::fs::remove_file(&path)?;
        }
    }
    Ok(())
}
