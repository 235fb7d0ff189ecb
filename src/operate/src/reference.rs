//! The reference of kinds: pages made from what each kind says of itself, so that they cannot say anything else.

use std::time::Duration;

use infra_engine::check::{RuleText, Severity};
use infra_engine::live::{Kind, Registry, Waits};
use infra_engine::model::{Field, Mutability, OutputField, Ownership, Replacement, Schema, Shape};

/// A page of the reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its file's name.
    pub file: String,
    /// Its text, in Markdown.
    pub text: String,
}

/// One page for each kind, and an index.
pub fn reference(registry: &Registry) -> Vec<Page> {
    let pages = registry.kinds().map(|kind| Page { file: file(kind.schema()), text: page(&**kind) });
    std::iter::once(Page { file: "README.md".to_owned(), text: index(registry) }).chain(pages).collect()
}

fn file(schema: &Schema) -> String {
    format!("{}.md", schema.kind.replace('/', "-"))
}

const MADE: &str = Page::MADE;

impl Page {
    /// How every page begins.
    pub const MADE: &str = "<!-- Made from the code: cargo run -- docs docs/kinds -->\n\n";
}

fn index(registry: &Registry) -> String {
    let mut text = format!(
        "{MADE}# Kinds of resources\n\nEach page is made from the definition in `src/aws/src/`: change the code, and write \
         it again with `cargo run -- docs docs/kinds`.\n"
    );
    let mut service = "";
    for kind in registry.kinds() {
        let schema = kind.schema();
        let own = schema.kind.split('/').next().unwrap_or_default();
        if own != service {
            service = own;
            text += &format!("\n## {service}\n\n| kind | what it is |\n|---|---|\n");
        }
        text += &format!("| [{}]({}) | {} |\n", schema.kind, file(schema), cell(schema.title()));
    }
    text
}

fn page(kind: &dyn Kind) -> String {
    let schema = kind.schema();
    let mut text = format!("{MADE}# {}\n\n{}", schema.kind, documented(schema.documentation));
    text += &fields(schema.fields);
    text += &outputs(schema.outputs);
    text += &life(kind);
    text += &rotation(kind);
    text += &rules(&kind.rules());
    text + &actions(kind)
}

/// Documentation as it stands in the code. Its examples are Rust.
fn documented(documentation: &str) -> String {
    let mut inside = false;
    let mut out = String::new();
    for line in documentation.trim().lines() {
        let fence = line.trim_start().starts_with("```");
        if fence {
            inside = !inside;
        }
        // What an example hides from its reader.
        if inside && (line.trim() == "#" || line.trim_start().starts_with("# ")) {
            continue;
        }
        out += if fence && inside && line.trim() == "```" { "```rust" } else { line };
        out.push('\n');
    }
    out
}

fn fields(fields: &[Field]) -> String {
    if fields.is_empty() {
        return "\n## Fields\n\nNone: it is what it is.\n".to_owned();
    }
    let row = |field: &Field| {
        let Field { name, documentation, mutability: _, shape: _, key: _ } = field;
        format!("| `{name}` | {} | {} |\n", words(field).join(", "), cell(documentation))
    };
    let rows: String = fields.iter().map(row).collect();
    format!("\n## Fields\n\n| field | how it changes | what it says |\n|---|---|---|\n{rows}")
}

/// What the attributes of a field mean.
fn words(field: &Field) -> Vec<String> {
    let Field { name: _, documentation: _, mutability, shape, key } = field;
    let mut words = Vec::new();
    words.extend(key.then(|| "the natural name".to_owned()));
    words.push(match mutability {
        Mutability::InPlace => "in place".to_owned(),
        Mutability::Replace => "**by a new resource**".to_owned(),
        Mutability::Initial => "set once, then left alone".to_owned(),
        Mutability::External(owner) => format!("may be moved by {owner}"),
    });
    words.extend(match shape {
        Shape::Plain => None,
        Shape::Set => Some("a set".to_owned()),
        Shape::Text => Some("text, compared by lines".to_owned()),
        Shape::Json => Some("JSON, compared as what it means".to_owned()),
        Shape::Secret => Some("**secret**: never read back, never shown".to_owned()),
    });
    words
}

fn outputs(outputs: &[OutputField]) -> String {
    let row = |output: &OutputField| format!("| `{}` | {} |\n", output.name, cell(output.documentation));
    let rows: String = outputs.iter().map(row).collect();
    format!("\n## Outputs\n\n| output | what it is |\n|---|---|\n| `id` | The identifier that AWS gives. |\n{rows}")
}

/// How it comes, changes and goes.
fn life(kind: &dyn Kind) -> String {
    let (schema, waits) = (kind.schema(), kind.waits());
    let ours = match schema.ownership {
        Ownership::Tags => "It is ours by its tags.".to_owned(),
        Ownership::Parent { field, kind } => {
            format!("It has no tags: it is ours when the {kind} is that `{field}` refers to.")
        }
        Ownership::Shared => {
            "The whole account shares it: it is made where it is missing, and never taken away.".to_owned()
        }
    };
    let order = match schema.replacement {
        Replacement::CreateFirst => "the new one comes before the old one goes, where both can stand",
        Replacement::Revision => "the new one is a revision of the same thing, and the old one is only put away",
        Replacement::DeleteFirst => "the old one goes before the new one comes",
    };
    let replaces: Vec<String> = schema
        .fields
        .iter()
        .filter(|field| field.mutability == Mutability::Replace)
        .map(|field| format!("`{}`", field.name))
        .collect();
    let replaced = match replaces.is_empty() {
        true if kind.writes_over() => "No change replaces it.".to_owned(),
        true => format!("No change replaces it. When it is asked for, {order}."),
        false => format!("It is replaced when {} changes: {order}.", listed(&replaces)),
    };
    let over = match kind.writes_over() {
        true => " Asked to be replaced under its own name, it is written again in its place, and is never gone.",
        false => "",
    };
    let after = match schema.after.is_empty() {
        true => String::new(),
        false => format!(" It comes after every {}, and goes before it.", schema.after.join(" and ")),
    };
    let Waits { usual, create, update, delete } = waits;
    format!(
        "\n## Life\n\n{ours} {replaced}{over}{after}\n\nMaking one usually takes {}. It is waited for until a new one is ready \
         (at most {}), until a change has come to rest ({}), and until a deleted one is gone ({}).\n",
        told(usual),
        told(create),
        told(update),
        told(delete),
    )
}

fn rotation(kind: &dyn Kind) -> String {
    let rotates = kind.rotates().map(|field| {
        format!(
            "\n## Rotation\n\n`infra apply --rotate ADDRESS` makes anew what `{field}` describes. Nobody is shown it.\n"
        )
    });
    let sends = (!kind.sends().is_empty()).then(|| {
        let fields: Vec<String> = kind.sends().iter().map(|field| format!("`{field}`")).collect();
        format!(
            "\n## Rotation\n\nIt sends on what {} refers to: when that is rotated, it changes with it.\n",
            listed(&fields)
        )
    });
    rotates.unwrap_or_default() + &sends.unwrap_or_default()
}

fn rules(rules: &[RuleText]) -> String {
    let mut sorted: Vec<&RuleText> = rules.iter().collect();
    sorted.sort_by_key(|rule| rule.code);
    let row = |rule: &&RuleText| {
        let RuleText { code, says, source, severity } = rule;
        let breach = if *severity == Severity::Error { "refused" } else { "warned of" };
        format!("| {code} | {} | {breach} | {} |\n", cell(says), cell(source))
    };
    let rows: String = sorted.iter().map(row).collect();
    match rows.is_empty() {
        true => String::new(),
        false => format!("\n## Rules\n\n| code | what must hold | a breach is | source |\n|---|---|---|---|\n{rows}"),
    }
}

fn actions(kind: &dyn Kind) -> String {
    let mut sorted = kind.actions().to_vec();
    sorted.sort_unstable();
    let mut lines: String = sorted.iter().map(|action| format!("- `{action}`\n")).collect();
    if kind.is_indexed() {
        lines += &format!("- `{}`, if it is there: without it reading takes more calls\n", infra_aws::index::ACTION);
    }
    format!("\n## IAM actions\n\n{lines}")
}

/// `45 s`, `5 min`, `2 h`.
fn told(duration: Duration) -> String {
    match duration.as_secs() {
        0 => "less than a second".to_owned(),
        seconds if seconds % 3600 == 0 => format!("{} h", seconds / 3600),
        seconds if seconds % 60 == 0 => format!("{} min", seconds / 60),
        seconds => format!("{seconds} s"),
    }
}

fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// A text in one cell of a table.
fn cell(text: &str) -> String {
    text.trim().replace('|', "\\|").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;
    use std::sync::Arc;

    use infra_aws::{Aws, Settings};

    use super::*;

    const AGAIN: &str = "write the pages again: cargo run -- docs docs/kinds";

    #[tokio::test]
    async fn the_pages_say_what_the_code_says() {
        let registry = infra_aws::registry(Arc::new(Aws::load(Settings::default()).await.unwrap()));
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/kinds");
        let pages = reference(&registry);
        for Page { file, text } in &pages {
            let kept = std::fs::read_to_string(folder.join(file)).unwrap_or_default();
            assert!(kept == *text, "docs/kinds/{file} is not what the code says; {AGAIN}");
        }
        let made: BTreeSet<&str> = pages.iter().map(|page| page.file.as_str()).collect();
        let kept = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let kept: Vec<String> = kept.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        let left: Vec<&String> = kept.iter().filter(|file| !made.contains(file.as_str())).collect();
        assert_eq!(left, Vec::<&String>::new(), "these pages are of no kind; {AGAIN}");
    }

    #[test]
    fn an_example_is_rust_and_hides_what_it_hides() {
        let text = "A thing.\n\n```\nuse a;\n# Ok::<(), ()>(())\n```\n\nMore.";
        assert_eq!(documented(text), "A thing.\n\n```rust\nuse a;\n```\n\nMore.\n");
    }

    #[test]
    fn times_are_told_in_their_own_unit() {
        let seconds = [0, 45, 300, 7200].map(Duration::from_secs);
        assert_eq!(seconds.map(told), ["less than a second", "45 s", "5 min", "2 h"]);
    }
}
