//! Charts as SVG. Colours come from the page's style, so that they follow light and dark; each line has a name at its end
//! and a dash of its own, so that nobody needs to tell colours apart.

use super::super::junit::escaped;
use super::scale::{Scale, number, round_step};

/// Lines over a common axis.
pub(super) struct Chart<'t> {
    pub(super) title: &'t str,
    pub(super) about: &'t str,
    pub(super) unit: &'t str,
    pub(super) lines: Vec<Line<'t>>,
    /// Where the axis ends.
    pub(super) until: f64,
    /// `seconds`, or `percentile` with nines for an axis.
    pub(super) across: &'t str,
    /// Whether each step up is twice and a half as much, so that small and large values are both seen.
    pub(super) spread: bool,
}

/// One line; where a point has no value there is a gap.
pub(super) struct Line<'t> {
    pub(super) name: &'t str,
    pub(super) points: Vec<(f64, Option<f64>)>,
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 70.0;
const TOP: f64 = 22.0;
const BOTTOM: f64 = 34.0;

impl Chart<'_> {
    pub(super) fn to_svg(&self) -> String {
        let most = self.values().fold(0.0, f64::max);
        let until =
            self.until.max(self.lines.iter().flat_map(|line| &line.points).map(|(x, _)| *x).fold(0.0, f64::max));
        let (title, about) = (escaped(self.title), escaped(self.about));
        if most <= 0.0 || until <= 0.0 {
            return format!("<section><h2>{title}</h2>\n<p>Nothing was measured.</p></section>\n");
        }
        let x = |value: f64| LEFT + value / until * (WIDTH - LEFT - RIGHT);
        let scale = if self.spread { Scale::of_powers(self.values()) } else { Scale::even(most) };
        let y = |value: f64| HEIGHT - BOTTOM - scale.place(value) * (HEIGHT - TOP - BOTTOM);
        let mut svg = String::new();
        for (level, label) in scale.levels() {
            svg += &format!(
                "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
                 <text class=\"axis\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>\n",
                WIDTH - RIGHT,
                LEFT - 6.0,
                y(level) + 4.0,
                y = y(level),
            );
        }
        for (place, label) in self.across_labels(until) {
            svg += &format!(
                "<text class=\"axis\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{label}</text>\n",
                x(place),
                HEIGHT - BOTTOM + 18.0
            );
        }
        let mut ends: Vec<(f64, String)> = Vec::new();
        for (place, line) in self.lines.iter().enumerate() {
            svg += &format!("<path class=\"line line{place}\" d=\"{}\"/>\n", path(&line.points, x, y));
            if let Some((_, Some(last))) = line.points.iter().rfind(|(_, value)| value.is_some()) {
                ends.push((
                    y(*last) + 4.0,
                    format!(
                        "<text class=\"name name{place}\" x=\"{:.1}\" y=\"Y\">{}</text>\n",
                        WIDTH - RIGHT + 6.0,
                        escaped(line.name)
                    ),
                ));
            }
        }
        svg += &apart(ends);
        let summary: Vec<_> = self.lines.iter().map(|line| self.told(line)).collect();
        let summary = escaped(&summary.join("; "));
        format!(
            "<section><h2>{title}</h2>\n<p class=\"about\">{about}</p>\n\
             <svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{title}: {summary}\">\n\
             <text class=\"axis\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\n\
             <text class=\"axis\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\n{svg}</svg></section>\n",
            WIDTH - RIGHT,
            HEIGHT - 2.0,
            escaped(self.across),
            LEFT - 6.0,
            TOP - 8.0,
            escaped(self.unit),
        )
    }

    fn values(&self) -> impl Iterator<Item = f64> {
        let points = self.lines.iter().flat_map(|line| &line.points);
        points.filter_map(|(_, value)| *value).filter(|value| value.is_finite())
    }

    /// A line in words, for who cannot see it.
    fn told(&self, line: &Line<'_>) -> String {
        let most = line
            .points
            .iter()
            .filter_map(|(x, value)| Some((*x, (*value)?)))
            .max_by(|one, other| one.1.total_cmp(&other.1));
        match most {
            None => format!("{}: nothing", line.name),
            Some((x, value)) => format!("{}: at most {value:.1} {} at {x:.0}", line.name, self.unit),
        }
    }

    fn across_labels(&self, until: f64) -> Vec<(f64, String)> {
        if self.across == "percentile" {
            let names = ["p0", "p90", "p99", "p99.9", "p99.99"];
            return names.iter().enumerate().map(|(place, name)| (place as f64, (*name).to_owned())).collect();
        }
        let step = round_step(until / 6.0);
        let count = (until / step).floor() as u32;
        (0..=count).map(|place| f64::from(place) * step).map(|at| (at, number(at, step))).collect()
    }
}

/// A path through the points, with gaps where there are none.
fn path(points: &[(f64, Option<f64>)], x: impl Fn(f64) -> f64, y: impl Fn(f64) -> f64) -> String {
    let mut path = String::new();
    let mut begun = false;
    for (place, (across, value)) in points.iter().enumerate() {
        match value.filter(|value| value.is_finite()) {
            None => begun = false,
            Some(value) => {
                path += &format!("{}{:.1} {:.1}", if begun { "L" } else { "M" }, x(*across), y(value));
                // One point alone is shown as a dot.
                let alone = !begun && points.get(place + 1).is_none_or(|(_, next)| next.is_none());
                if alone {
                    path.push_str("h.1");
                }
                begun = true;
            }
        }
    }
    path
}

/// Names that lie too close are moved apart, upwards: below them is the axis.
fn apart(mut ends: Vec<(f64, String)>) -> String {
    ends.sort_by(|one, other| other.0.total_cmp(&one.0));
    let mut below = HEIGHT - BOTTOM + 14.0;
    let mut text = String::new();
    for (y, written) in ends {
        let y = y.min(below - 14.0);
        text += &written.replace("\"Y\"", &format!("\"{y:.1}\""));
        below = y;
    }
    text
}

/// Bars with names before and words behind them.
pub(super) struct Bars<'t> {
    pub(super) title: &'t str,
    /// The name, how long the bar is, its figure, and what else there is to say.
    pub(super) rows: Vec<(String, f64, String, String)>,
}

impl Bars<'_> {
    pub(super) fn to_html(&self) -> String {
        let most = self.rows.iter().map(|(_, value, ..)| *value).fold(0.0, f64::max);
        let mut table = String::new();
        for (name, value, figure, about) in &self.rows {
            let width = if most > 0.0 { (value / most * 100.0).clamp(0.0, 100.0) } else { 0.0 };
            table += &format!(
                "<tr><th scope=\"row\">{}</th><td class=\"number\">{}</td><td class=\"bar\"><svg viewBox=\"0 0 100 8\" \
                 preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect width=\"{width:.1}\" height=\"8\"/></svg></td><td>{}</td></tr>\n",
                escaped(name),
                escaped(figure),
                escaped(about)
            );
        }
        format!("<section><h2>{}</h2>\n<table>{table}</table></section>\n", escaped(self.title))
    }
}
