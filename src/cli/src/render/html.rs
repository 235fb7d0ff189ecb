//! A plan, drift, or what is live as one page: nothing is fetched for it, it follows the reader's light or dark, and
//! it prints as it is read.

use super::closing::plan_closing;
use super::drift::{Drift, changed_text, drift_closing};
use super::markdown::rank;
use super::paint::Paint;
use super::plan_cost::PlanCost;
use super::plan_text::changes_text;
use super::report::{Act, Advice, Report, ReportChange};

const STYLE: &str = include_str!("html/style.css");

/// A plan; `foot` is a line on when and by whom it was made, if that is known.
pub fn plan_html(report: &Report, foot: &str) -> String {
    let mut body = format!("<h1>{}</h1>\n<p class=\"closing\">{}</p>\n", escaped(&report.owner), plan_closing(report));
    for stop in &report.stops {
        body += &advice("stop", "Cannot be applied", stop);
    }
    for note in &report.notes {
        body += &advice("note", "Note", note);
    }
    let mut changes: Vec<&ReportChange> = report.changes.iter().collect();
    changes.sort_by_key(|change| rank(change.action));
    body += &report.cost.as_ref().map(PlanCost::html).unwrap_or_default();
    body += &contents(&changes);
    for (position, change) in changes.iter().enumerate() {
        body += &section(change, report.cost.as_ref(), position);
    }
    page(&format!("Plan for {}", report.owner), &body, foot)
}

/// What has drifted.
pub fn drift_html(owner: &str, drift: &Drift, foot: &str) -> String {
    let mut body = format!("<h1>{}</h1>\n<p class=\"closing\">{}</p>\n", escaped(owner), drift_closing(drift));
    for change in &drift.changes {
        let text = changed_text(std::slice::from_ref(change), Paint::PLAIN);
        body += &format!("<section>\n{}</section>\n", block(text.trim_end()));
    }
    body += &drift.outside.iter().map(|one| advice("note", "Outside", one)).collect::<String>();
    page(&format!("Drift of {owner}"), &body, foot)
}

/// What is live; each resource by its text.
pub fn live_html(owner: &str, lives: &[String], foot: &str) -> String {
    let sections = lives.iter().map(|text| format!("<section>\n<pre>{}</pre>\n</section>\n", escaped(text.trim_end())));
    page(&format!("Live in {owner}"), &format!("<h1>{}</h1>\n{}", escaped(owner), sections.collect::<String>()), foot)
}

/// A page by itself around a body.
pub(crate) fn page(title: &str, body: &str, foot: &str) -> String {
    let foot = if foot.is_empty() { String::new() } else { format!("<footer>{}</footer>\n", escaped(foot)) };
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n\
         <body>\n<main>\n{body}{foot}</main>\n</body>\n</html>\n",
        escaped(title)
    )
}

fn contents(changes: &[&ReportChange]) -> String {
    if changes.is_empty() {
        return String::new();
    }
    let row = |(position, change): (usize, &&ReportChange)| {
        let ReportChange { address, kind, id, action, reasons, fields: _, tags: _ } = change;
        format!(
            "<tr class=\"{}\"><td>{}</td><td><a href=\"#c{position}\">{}</a></td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
            class(*action),
            action.meaning(),
            escaped(address),
            escaped(kind),
            escaped(id.as_deref().unwrap_or_default()),
            escaped(&reasons.join("; ")),
        )
    };
    let rows: String = changes.iter().enumerate().map(row).collect();
    format!(
        "<table>\n<thead><tr><th>what is done</th><th>address</th><th>kind</th><th>identifier</th><th>why</th></tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table>\n"
    )
}

fn section(change: &ReportChange, cost: Option<&PlanCost>, position: usize) -> String {
    let text = changes_text(std::slice::from_ref(change), cost, Paint::PLAIN);
    // The heading says what the first line says.
    let text = text.split_once('\n').map_or("", |(_, rest)| rest).trim_end();
    let text = if text.is_empty() { String::new() } else { block(text) };
    format!(
        "<section id=\"c{position}\" class=\"{}\">\n<h2><span class=\"sign\">{}</span> {} <small>{}</small></h2>\n{text}</section>\n",
        class(change.action),
        change.action.sign(),
        escaped(&change.address),
        escaped(&change.kind),
    )
}

/// Lines as they stand, each with the colour of its sign; the sign stays for who sees none.
fn block(text: &str) -> String {
    let lines = text.lines().map(|line| match line.trim_start().get(..2) {
        Some("+ ") => format!("<ins>{}</ins>\n", escaped(line)),
        Some("- ") => format!("<del>{}</del>\n", escaped(line)),
        Some("~ ") => format!("<mark>{}</mark>\n", escaped(line)),
        _ => format!("{}\n", escaped(line)),
    });
    format!("<pre>{}</pre>\n", lines.collect::<String>().trim_end())
}

fn advice(class: &str, title: &str, advice: &Advice) -> String {
    let Advice { about: _, address: _, says, way_out, command } = advice;
    let mut out = format!("<aside class=\"{class}\"><p><strong>{title}</strong>: {}</p>", escaped(says));
    out += &way_out.as_ref().map(|way_out| format!("<p>{}</p>", escaped(way_out))).unwrap_or_default();
    out += &command.as_ref().map(|command| format!("<pre>{}</pre>", escaped(command))).unwrap_or_default();
    out + "</aside>\n"
}

fn class(action: Act) -> &'static str {
    match action {
        Act::Create => "create",
        Act::Update | Act::Revise => "update",
        Act::ReplaceCreateFirst | Act::ReplaceDestroyFirst => "replace",
        Act::Delete => "delete",
    }
}

/// A text that can do nothing on a page but be read.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_a_value_does_nothing_on_the_page() {
        let lives = ["<script>alert(\"&\")</script>".to_owned()];
        let page = live_html("shop/dev", &lives, "");
        assert!(page.contains("&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;") && !page.contains("<script"));
    }

    #[test]
    fn nothing_is_fetched_for_the_page() {
        let page = drift_html("shop/dev", &Drift { changes: Vec::new(), outside: Vec::new() }, "Made by hand");
        assert!(!["http", "src=", "url(", "@import", "<link"].iter().any(|word| page.contains(word)), "{page}");
    }
}
