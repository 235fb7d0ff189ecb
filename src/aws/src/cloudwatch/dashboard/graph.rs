//! A graph on a dashboard: which metrics, drawn how.

use infra_values::Region;
use serde_json::{Map, Value, json};

use crate::cloudwatch::{Metric, Summary};

/// A graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    /// What stands above it.
    pub title: String,
    /// The region of its metrics.
    pub region: Region,
    /// How it is drawn.
    pub view: View,
    /// How many seconds a point stands for.
    pub period: u32,
    /// What is drawn.
    pub lines: Vec<Line>,
    /// The axis to the left.
    pub axis: Axis,
    /// Values that are marked across.
    pub marks: Vec<Mark>,
}

/// How a graph is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// A line for each metric.
    Lines,
    /// Areas, one upon another.
    Areas,
    /// The last value as a number.
    Number,
    /// A bar for each metric.
    Bars,
}

/// Something that is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What it shows.
    pub shows: Shown,
    /// What expressions call it. Empty is nothing.
    pub id: String,
    /// What it is called beside the graph. Empty is what AWS makes of it.
    pub label: String,
    /// Whether it is drawn, or only computed with.
    pub visible: bool,
}

/// What a line shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Shown {
    /// A metric.
    Metric(Metric, Summary),
    /// What is computed from lines that have an identifier.
    Expression(String),
}

/// An axis: where it begins and ends. `None` is where the values do.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Axis {
    /// The lowest value.
    pub from: Option<f64>,
    /// The highest value.
    pub to: Option<f64>,
}

/// A value that is marked across a graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Which value.
    pub value: f64,
    /// What it means.
    pub label: String,
}

impl Graph {
    /// A graph of minutes from nought up, without lines.
    pub fn of(title: impl Into<String>, region: Region, view: View) -> Graph {
        let axis = Axis { from: Some(0.0), to: None };
        Graph { title: title.into(), region, view, period: 60, lines: Vec::new(), axis, marks: Vec::new() }
    }

    /// The same with a line more.
    #[must_use]
    pub fn line(mut self, line: Line) -> Graph {
        self.lines.push(line);
        self
    }

    /// The same with lines more.
    #[must_use]
    pub fn lines(mut self, lines: impl IntoIterator<Item = Line>) -> Graph {
        self.lines.extend(lines);
        self
    }

    /// The same with a mark more.
    #[must_use]
    pub fn mark(mut self, mark: Mark) -> Graph {
        self.marks.push(mark);
        self
    }

    /// The same for values up to a hundred.
    #[must_use]
    pub fn in_percent(mut self) -> Graph {
        self.axis = Axis { from: Some(0.0), to: Some(100.0) };
        self
    }

    /// The graph as AWS's JSON.
    pub(super) fn written(&self) -> Value {
        let Graph { title, region, view, period, lines, axis, marks } = self;
        let (view, stacked) = match view {
            View::Lines => ("timeSeries", false),
            View::Areas => ("timeSeries", true),
            View::Number => ("singleValue", false),
            View::Bars => ("bar", false),
        };
        let lines: Vec<Value> = lines.iter().map(Line::written).collect();
        let mut properties = json!({
            "title": title,
            "region": region,
            "view": view,
            "stacked": stacked,
            "period": period,
            "metrics": lines,
        });
        let mut left = Map::new();
        left.extend(axis.from.map(|from| ("min".to_owned(), json!(from))));
        left.extend(axis.to.map(|to| ("max".to_owned(), json!(to))));
        if !left.is_empty() {
            properties["yAxis"] = json!({ "left": left });
        }
        if !marks.is_empty() {
            let marks: Vec<Value> =
                marks.iter().map(|Mark { value, label }| json!({ "value": value, "label": label })).collect();
            properties["annotations"] = json!({ "horizontal": marks });
        }
        properties
    }
}

impl Line {
    /// A metric.
    pub fn of(metric: Metric, summary: impl Into<Summary>) -> Line {
        Line::showing(Shown::Metric(metric, summary.into()))
    }

    /// What is computed from lines that have an identifier.
    pub fn computed(expression: impl Into<String>) -> Line {
        Line::showing(Shown::Expression(expression.into()))
    }

    fn showing(shows: Shown) -> Line {
        Line { shows, id: String::new(), label: String::new(), visible: true }
    }

    /// The same with a label.
    #[must_use]
    pub fn labelled(mut self, label: impl Into<String>) -> Line {
        self.label = label.into();
        self
    }

    /// The same under a name for expressions, and not drawn itself.
    #[must_use]
    pub fn only_for(mut self, id: impl Into<String>) -> Line {
        (self.id, self.visible) = (id.into(), false);
        self
    }

    /// A metric is a list: its namespace, its name, its dimensions by name and value, and an object of the rest.
    fn written(&self) -> Value {
        let Line { shows, id, label, visible } = self;
        let mut rest = Map::new();
        for (name, text) in [("id", id), ("label", label)] {
            if !text.is_empty() {
                rest.insert(name.to_owned(), json!(text));
            }
        }
        if !visible {
            rest.insert("visible".to_owned(), json!(false));
        }
        match shows {
            Shown::Expression(expression) => {
                rest.insert("expression".to_owned(), json!(expression));
                json!([rest])
            }
            Shown::Metric(Metric { namespace, name, dimensions }, summary) => {
                rest.insert("stat".to_owned(), json!(summary));
                let mut list = vec![json!(namespace), json!(name)];
                list.extend(dimensions.iter().flat_map(|(name, value)| [json!(name), json!(value)]));
                list.push(Value::Object(rest));
                Value::Array(list)
            }
        }
    }
}

impl Mark {
    /// A value and what it means.
    pub fn at(value: f64, label: impl Into<String>) -> Mark {
        Mark { value, label: label.into() }
    }
}
