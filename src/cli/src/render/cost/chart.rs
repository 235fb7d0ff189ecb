//! Bars, drawn here: nothing is fetched for them, and the figures beside them say the same to those who see none.

use infra_operate::cost::{Figures, Money};

use crate::render::escaped;

/// How wide the longest bar is.
const WIDE: i128 = 420;
/// Where bars begin.
const LEFT: i128 = 180;
/// How high a bar's row is.
const ROW: usize = 30;

/// A bar for each name: solid up to the floor, lighter up to what is expected, and a frame up to the ceiling.
pub(super) fn bars(title: &str, rows: &[(String, Figures)]) -> String {
    let most = rows.iter().flat_map(|(_, figures)| [figures.ceiling.known, figures.expected.known]).max();
    let Some(most) = most.filter(|most| !most.is_zero()) else { return String::new() };
    let high = rows.len() * ROW + 10;
    let whole = LEFT + WIDE + 130;
    let each = rows.iter().enumerate().map(|(position, (name, figures))| bar(name, *figures, most, position * ROW + 5));
    format!(
        "<figure>\n<figcaption>{}</figcaption>\n<svg role=\"img\" viewBox=\"0 0 {whole} {high}\" width=\"100%\" \
         aria-label=\"{}\">\n{}</svg>\n</figure>\n",
        escaped(title),
        escaped(title),
        each.collect::<String>()
    )
}

fn bar(name: &str, figures: Figures, most: Money, top: usize) -> String {
    let length = |money: Money| money.cents() * WIDE / most.cents().max(1);
    let Figures { floor, expected, ceiling } = figures;
    let rectangle = |class: &str, length: i128| {
        format!("<rect class=\"{class}\" x=\"{LEFT}\" y=\"{top}\" width=\"{length}\" height=\"{}\"/>\n", ROW - 10)
    };
    let (middle, longest) = (top + ROW / 2, length(ceiling.known).max(length(expected.known)));
    format!(
        "<text class=\"name\" x=\"{}\" y=\"{middle}\">{}</text>\n{}{}{}<text x=\"{}\" y=\"{middle}\">{}</text>\n",
        LEFT - 8,
        escaped(name),
        rectangle("ceiling", longest),
        rectangle("expected", length(expected.known)),
        rectangle("floor", length(floor.known)),
        LEFT + longest + 8,
        escaped(&floor.short()),
    )
}
